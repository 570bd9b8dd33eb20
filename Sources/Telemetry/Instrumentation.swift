/// What a tier logs, counts and traces with. All of it is thread-safe.
public struct Instrumentation: Sendable {
    public let logger: Logger
    public let registry: MetricsRegistry
    public let tracer: Tracer
    public let process: ProcessInstrumentation

    public var settings: TelemetrySettings { process.settings }

    /// For another tier in the same process: it logs, counts and traces under a name of its own.
    public func sibling(service: String) -> Instrumentation { process.make(service: service) }
}
