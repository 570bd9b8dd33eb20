import CLinux
import Configuration
import Core
import Glibc
import Telemetry

/// The life of a server program: settings, start, one line on standard output, signals, drain, exit status.
public enum ProgramMain {
    public static let version = "0.1.0"

    /// A few batches of the largest size.
    private static let keptBytes = 16 << 20

    /// What every program can be told.
    public static let commonSettings = [
        Setting("log-level", .choice(LogLevel.allCases.map(\.rawValue)), default: "info", "The least that is logged."),
        Setting(
            "log-format", .choice(LogFormat.allCases.map(\.rawValue)), default: "auto",
            "What log lines on standard error look like; auto is text on a terminal, JSON otherwise."),
    ]

    /// The secret of the calls between tiers.
    public static let internalSecretSetting = Setting(
        "internal-secret", .secret,
        "Shared by all tiers; signs the calls between them. Without it internal listeners bind to loopback only.")

    public static func schema(program: String, summary: String, settings: [Setting]) -> ConfigurationSchema {
        ConfigurationSchema(program: program, summary: summary, version: version, settings: settings + commonSettings)
    }

    /// Never returns: exit status 0 after a signal, 1 if it can't start, 2 on wrong settings.
    /// - Parameter environment: what telemetry is to make of the process's variables.
    public static func run(
        _ schema: ConfigurationSchema, service: String, arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        environment: (Configuration, [String: String]) throws -> [String: String] = { $1 },
        start: (Configuration, Instrumentation) throws -> any RunningProgram
    ) -> Never {
        clinux_keep_freed_memory(keptBytes)
        let signals: TerminationSignals
        do { signals = try TerminationSignals() } catch { fail(service, error, code: 1) }
        switch schema.parse(arguments: arguments, environment: Environment.all) {
        case .exit(let code, let text, let isError):
            StandardStreams.write(text + "\n", toError: isError)
            exit(code)
        case .run(let configuration):
            let telemetry: ProgramTelemetry
            do {
                telemetry = try ProgramTelemetry.start(
                    service: service, logLevel: LogLevel(rawValue: configuration.text("log-level")) ?? .info,
                    logFormat: LogFormat(rawValue: configuration.text("log-format")) ?? .auto,
                    environment: try environment(configuration, Environment.all))
            } catch {
                fail(service, error, code: error is SettingsProblem ? 2 : 1)
            }
            let running: any RunningProgram
            do {
                running = try start(configuration, telemetry.instrumentation)
            } catch {
                telemetry.stop()
                fail(service, error, code: error is SettingsProblem ? 2 : 1)
            }
            StandardStreams.write(running.announcement + "\n", toError: false)
            clinux_notify("READY=1")
            let signal = signals.wait()
            clinux_notify("STOPPING=1")
            telemetry.instrumentation.logger.info(
                "stopping", ["signal": .string(signal == SIGINT ? "SIGINT" : "SIGTERM")])
            signals.restoreDefault()
            running.stop()
            telemetry.stop()
            running.finish()
            exit(0)
        }
    }

    private static func fail(_ service: String, _ error: any Error, code: Int32) -> Never {
        StandardStreams.write("\(service): \(error)\n", toError: true)
        exit(code)
    }
}
