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
        Setting(
            "core-dumps", .flag,
            """
            Lets the kernel write core dumps, and others of the same user look into the process: both show secrets. Off by \
            default.
            """),
    ]

    public static func schema(program: String, summary: String, settings: [Setting]) -> ConfigurationSchema {
        ConfigurationSchema(program: program, summary: summary, version: version, settings: settings + commonSettings)
    }

    /// Never returns: exit status 0 after a signal, 1 if it can't start, 2 on wrong settings.
    /// - Parameters:
    ///   - environment: what telemetry is to make of the process's variables.
    ///   - reloads: on SIGHUP the settings and their files are read again, and the program is told; without, the signal
    ///     ends it.
    ///   - check: for `--check-config`: throws what is wrong with the settings, and returns what should be better.
    public static func run(
        _ schema: ConfigurationSchema, service: String, arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        environment: (Configuration, [String: String]) throws -> [String: String] = { $1 }, reloads: Bool = false,
        check: (Configuration) throws -> [String] = { _ in [] },
        start: (Configuration, Instrumentation) throws -> any RunningProgram
    ) -> Never {
        clinux_open_standard_streams()
        clinux_keep_freed_memory(keptBytes)
        let signals: TerminationSignals
        do { signals = try TerminationSignals(and: reloads ? [SIGHUP] : []) } catch { fail(service, error, code: 1) }
        let outcome = schema.parse(arguments: arguments, environment: Environment.all)
        switch outcome {
        case .exit(let code, let text, let isError):
            StandardStreams.write(text + "\n", toError: isError)
            exit(code)
        case .check(let settings):
            do {
                try ProgramTelemetry.check(environment: Environment.all)
                for warning in try check(settings) + shownSecrets(settings) {
                    StandardStreams.write("\(service): warning: \(warning)\n", toError: true)
                }
            } catch {
                fail(service, error, code: 2)
            }
            StandardStreams.write("\(service): the configuration is valid\n", toError: false)
            exit(0)
        case .run(let settings):
            if !settings.flag("core-dumps") { clinux_forbid_core_dumps() }
            let telemetry = startTelemetry(service, settings, environment)
            let reloading = ReloadMetrics(registry: telemetry.instrumentation.registry)
            let running: any RunningProgram
            do {
                running = try start(settings, telemetry.instrumentation)
            } catch {
                telemetry.stop()
                fail(service, error, code: error is SettingsProblem ? 2 : 1)
            }
            let logger = telemetry.instrumentation.logger
            for warning in shownSecrets(settings) {
                logger.warning("a secret can be seen by others", ["reason": .string(warning)])
            }
            StandardStreams.offer(running.announcement + "\n")
            clinux_notify("READY=1")
            var signal = signals.wait()
            while signal == SIGHUP {
                reload(running, schema, arguments, logger, reloading)
                signal = signals.wait()
            }
            clinux_notify("STOPPING=1")
            logger.info("stopping", ["signal": .string(signal == SIGINT ? "SIGINT" : "SIGTERM")])
            signals.restoreDefault()
            running.stop()
            telemetry.stop()
            running.finish()
            exit(0)
        }
    }

    private static func startTelemetry(
        _ service: String, _ settings: Configuration,
        _ environment: (Configuration, [String: String]) throws -> [String: String]
    ) -> ProgramTelemetry {
        do {
            return try ProgramTelemetry.start(
                service: service, logLevel: LogLevel(rawValue: settings.text("log-level")) ?? .info,
                logFormat: LogFormat(rawValue: settings.text("log-format")) ?? .auto,
                environment: try environment(settings, Environment.all))
        } catch {
            fail(service, error, code: error is SettingsProblem ? 2 : 1)
        }
    }

    private static func reload(
        _ running: any RunningProgram, _ schema: ConfigurationSchema, _ arguments: [String], _ logger: Logger,
        _ metrics: ReloadMetrics
    ) {
        do {
            switch schema.parse(arguments: arguments, environment: Environment.all) {
            case .run(let settings): try running.reload(settings)
            case .exit(_, let text, _): throw SettingsProblem(text)
            case .check: return
            }
            metrics.done.add()
            logger.info("reloaded: certificates, keys, secrets and lists; other settings take a restart")
        } catch {
            metrics.failed.add()
            logger.error("not reloaded: all stays as it was", ["reason": .string("\(error)")])
        }
    }

    private static func shownSecrets(_ settings: Configuration) -> [String] {
        settings.shownSecrets.map { "--\($0) holds a secret, which ps shows to everybody: use --\($0)-file" }
    }

    private static func fail(_ service: String, _ error: any Error, code: Int32) -> Never {
        StandardStreams.write("\(service): \(error)\n", toError: true)
        exit(code)
    }
}
