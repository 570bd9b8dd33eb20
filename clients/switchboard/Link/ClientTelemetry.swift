import Program
import Telemetry

/// The traces of a client program, exported as the environment's `OTEL_` variables say; without them there are none.
struct ClientTelemetry {
    private let telemetry: ProgramTelemetry

    /// Throws `SettingsProblem` for a variable that can't be followed.
    static func start() throws -> ClientTelemetry {
        var environment = Environment.all
        // A program that runs for a moment has no use for metrics, and tells its user what others log.
        for name in ["OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"] where environment[name] == nil {
            environment[name] = "none"
        }
        return ClientTelemetry(
            telemetry: try ProgramTelemetry.start(
                service: "switchboard", logLevel: .warning, logFormat: .auto, environment: environment))
    }

    /// The link, with its requests traced if traces are exported.
    func traced(_ link: any GatewayLink, _ options: ConnectionOptions) -> any GatewayLink {
        let tracer = telemetry.instrumentation.tracer
        return tracer.isEnabled ? TracedLink(link, endpoint: options.endpoint, tracer: tracer) : link
    }

    /// Exports what waits, within a bounded time.
    func stop() { telemetry.stop() }
}
