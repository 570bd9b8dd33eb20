/// What one tier has to be exported.
public struct TelemetrySource: Sendable {
    public let resource: TelemetryResource
    public let registry: MetricsRegistry
    /// Nil if traces are not exported; as the logs.
    public let spans: TelemetryQueue<Span>?
    public let logs: TelemetryQueue<LogRecord>?

    public init(
        resource: TelemetryResource, registry: MetricsRegistry, spans: TelemetryQueue<Span>?,
        logs: TelemetryQueue<LogRecord>?
    ) {
        self.resource = resource
        self.registry = registry
        self.spans = spans
        self.logs = logs
    }
}
