/// A metric and all its series at one moment.
public struct MetricSnapshot: Sendable {
    public enum Kind: String, Sendable { case counter, gauge, histogram }

    public enum Value: Sendable {
        case integer(Int64)
        case double(Double)
        case histogram(HistogramSnapshot)
    }

    public struct Series: Sendable {
        public let labels: MetricsRegistry.Labels
        public let value: Value
    }

    /// As it was registered: the name in OTLP.
    public let name: String
    public let help: String
    /// By UCUM: `s`, `By`, `{event}`.
    public let unit: String
    public let kind: Kind
    public let series: [Series]
}
