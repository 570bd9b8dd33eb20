import Configuration
import Core
import Telemetry
import TelemetryExport

/// The telemetry of a program, as the environment's `OTEL_` variables say.
public struct ProgramTelemetry {
    private static let flushMilliseconds = 2000

    public let instrumentation: Instrumentation
    private let exporter: TelemetryExporter?

    /// Throws `SettingsProblem` for a variable that can't be followed.
    public static func start(
        service: String, logLevel: LogLevel, logFormat: LogFormat, environment: [String: String]
    ) throws -> ProgramTelemetry {
        let settings = try settings(environment)
        let process = ProcessInstrumentation(
            settings: settings, version: ProgramMain.version, host: Machine.hostName,
            processID: Int(ProcessID.current), logLevel: logLevel, logFormat: logFormat)
        return ProgramTelemetry(
            instrumentation: process.make(service: service), exporter: try TelemetryExporter.start(process))
    }

    /// Throws `SettingsProblem` for a variable that can't be followed.
    static func check(environment: [String: String]) throws(SettingsProblem) { _ = try settings(environment) }

    private static func settings(_ environment: [String: String]) throws(SettingsProblem) -> TelemetrySettings {
        let settings: TelemetrySettings
        do throws(TelemetrySettingsError) {
            settings = try TelemetrySettings(environment: environment)
        } catch {
            throw SettingsProblem(error.description)
        }
        for file in TelemetrySignal.allCases.compactMap({ settings[$0]?.certificateFile }) {
            if case .failure(let error) = FileReader.read(file) {
                throw SettingsProblem("the file of OTEL_EXPORTER_OTLP_…CERTIFICATE, \(file), can't be read: \(error)")
            }
        }
        return settings
    }

    /// Exports what waits, within a bounded time. Called once, before the process ends.
    public func stop() { exporter?.stop(flushMilliseconds: Self.flushMilliseconds) }
}
