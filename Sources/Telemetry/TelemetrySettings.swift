/// What the environment says of OpenTelemetry, by the names of its specification
/// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
///
/// In one respect it differs: a signal is exported only if an endpoint is set for it. The specification's default is
/// localhost:4318; but a gateway without a collector is a usual thing, and must not post into the void.
public struct TelemetrySettings: Equatable, Sendable {
    /// Nil if traces are not exported.
    public var traces: TelemetryDestination?
    public var logs: TelemetryDestination?
    public var metrics: TelemetryDestination?
    public var sampler = Sampler.parentBasedAlwaysOn
    public var spanBatches = BatchSettings(delayMilliseconds: 5000)
    public var logBatches = BatchSettings(delayMilliseconds: 1000)
    public var metricIntervalMilliseconds = 60_000
    public var metricTimeoutMilliseconds = 30_000
    /// `OTEL_SERVICE_NAME`, or the resource attributes' `service.name`.
    public var serviceName: String?
    /// Without `service.name`.
    public var resourceAttributes: [(String, String)] = []
    /// Whether `traceparent` and `tracestate` are taken from requests and passed on.
    public var propagatesTraceContext = true
    public var propagatesBaggage = true

    /// Nothing is exported.
    public init() {}

    public static func == (left: Self, right: Self) -> Bool {
        left.traces == right.traces && left.logs == right.logs && left.metrics == right.metrics
            && left.sampler == right.sampler && left.spanBatches == right.spanBatches
            && left.logBatches == right.logBatches
            && left.metricIntervalMilliseconds == right.metricIntervalMilliseconds
            && left.metricTimeoutMilliseconds == right.metricTimeoutMilliseconds
            && left.serviceName == right.serviceName
            && left.resourceAttributes.elementsEqual(right.resourceAttributes, by: ==)
            && left.propagatesTraceContext == right.propagatesTraceContext
            && left.propagatesBaggage == right.propagatesBaggage
    }

    /// - Parameter environment: all of the process's; an empty value counts as none.
    public init(environment: [String: String]) throws(TelemetrySettingsError) {
        let reader = TelemetryVariables(environment)
        let isDisabled = try reader.flag("OTEL_SDK_DISABLED")
        traces = try reader.destination(.traces)
        logs = try reader.destination(.logs)
        metrics = try reader.destination(.metrics)
        sampler = try reader.sampler()
        spanBatches = try reader.batches("OTEL_BSP", spanBatches)
        logBatches = try reader.batches("OTEL_BLRP", logBatches)
        metricIntervalMilliseconds = try reader.milliseconds("OTEL_METRIC_EXPORT_INTERVAL", metricIntervalMilliseconds)
        metricTimeoutMilliseconds = try reader.milliseconds("OTEL_METRIC_EXPORT_TIMEOUT", metricTimeoutMilliseconds)
        let attributes = try reader.pairs("OTEL_RESOURCE_ATTRIBUTES")
        serviceName = reader["OTEL_SERVICE_NAME"] ?? attributes.last { $0.0 == "service.name" }?.1
        resourceAttributes = attributes.filter { $0.0 != "service.name" }
        let propagators = try reader.list("OTEL_PROPAGATORS", of: ["tracecontext", "baggage", "none"])
        if let propagators {
            propagatesTraceContext = propagators.contains("tracecontext")
            propagatesBaggage = propagators.contains("baggage")
        }
        // What is wrong is said all the same: the variables stay when telemetry is switched on again.
        if isDisabled { (traces, logs, metrics) = (nil, nil, nil) }
    }

    public subscript(signal: TelemetrySignal) -> TelemetryDestination? {
        switch signal {
        case .traces: traces
        case .logs: logs
        case .metrics: metrics
        }
    }

    public var exportsAnything: Bool { traces != nil || logs != nil || metrics != nil }
}
