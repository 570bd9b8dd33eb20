import Telemetry

/// The telemetry of a program, as the environment's `OTEL_` variables say.
public struct ProgramTelemetry {
    public let instrumentation: Instrumentation

    /// Throws `SettingsProblem` for a variable that can't be followed.
    public static func start(
        service: String, logLevel: LogLevel, logFormat: LogFormat, environment: [String: String]
    ) throws -> ProgramTelemetry {
        let settings: TelemetrySettings
        do throws(TelemetrySettingsError) {
            settings = try TelemetrySettings(environment: environment)
        } catch {
            throw SettingsProblem(error.description)
        }
        let process = ProcessInstrumentation(
            settings: settings, version: ProgramMain.version, host: Machine.hostName,
            processID: Int(ProcessID.current), logLevel: logLevel, logFormat: logFormat)
        return ProgramTelemetry(instrumentation: process.make(service: service))
    }
}
