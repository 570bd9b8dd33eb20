import Core

/// The metrics of a process, by name and labels. From any thread.
///
/// Asking again for the same name and labels yields the same metric, so that several loops can count into one. A name of
/// the semantic conventions, `http.server.request.duration`, is exported under it; Prometheus sees
/// `http_server_request_duration_seconds`, made of name and unit.
public final class MetricsRegistry: Sendable {
    public typealias Labels = [(String, String)]

    private enum Reading: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        case computed(@Sendable () -> Double)

        var value: MetricSnapshot.Value {
            switch self {
            case .counter(let counter): .integer(Int64(clamping: counter.value))
            case .gauge(let gauge): .integer(gauge.value)
            case .histogram(let histogram): .histogram(histogram.snapshot)
            case .computed(let read): .double(read())
            }
        }
    }

    private struct Family: Sendable {
        let help: String
        let unit: String
        let kind: MetricSnapshot.Kind
        var series: [(labels: Labels, reading: Reading)] = []
    }

    private let families = Mutex<(order: [String], byName: [String: Family])>(([], [:]))
    /// When its counters were zero.
    public let startWallNanoseconds = SystemClock.wallNanoseconds()

    public init() {}

    public func counter(_ name: String, _ help: String, unit: String = "", labels: Labels = []) -> Counter {
        let reading = register(name, help, unit, .counter, labels) { .counter(Counter()) }
        guard case .counter(let counter) = reading else { preconditionFailure("\(name) is no counter") }
        return counter
    }

    /// One counter for each value that a label can have. - Parameter text: the label's value.
    public func counters<Key: Hashable>(
        _ name: String, _ help: String, by label: String, _ keys: some Sequence<Key>, text: (Key) -> String
    ) -> [Key: Counter] {
        Dictionary(uniqueKeysWithValues: keys.map { ($0, counter(name, help, labels: [(label, text($0))])) })
    }

    public func gauge(_ name: String, _ help: String, unit: String = "", labels: Labels = []) -> Gauge {
        let reading = register(name, help, unit, .gauge, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = reading else { preconditionFailure("\(name) is no settable gauge") }
        return gauge
    }

    /// - Parameter bounds: of the buckets, see `Histogram`.
    public func histogram(
        _ name: String, _ help: String, unit: String = "s", labels: Labels = [],
        bounds: [Double] = Histogram.durationBounds
    ) -> Histogram {
        let reading = register(name, help, unit, .histogram, labels) { .histogram(Histogram(bounds: bounds)) }
        guard case .histogram(let histogram) = reading else { preconditionFailure("\(name) is no histogram") }
        return histogram
    }

    /// A gauge that is read when asked for. - Parameter read: from any thread; must not block.
    public func gauge(
        _ name: String, _ help: String, unit: String = "", labels: Labels = [], _ read: @escaping @Sendable () -> Double
    ) { _ = register(name, help, unit, .gauge, labels) { .computed(read) } }

    /// A counter that is read when asked for: for counts that are kept elsewhere.
    public func counter(
        _ name: String, _ help: String, unit: String = "", labels: Labels = [], _ read: @escaping @Sendable () -> Double
    ) { _ = register(name, help, unit, .counter, labels) { .computed(read) } }

    private func register(
        _ name: String, _ help: String, _ unit: String, _ kind: MetricSnapshot.Kind, _ labels: Labels,
        _ make: () -> Reading
    ) -> Reading {
        families.withLock { families in
            if families.byName[name] == nil {
                families.order.append(name)
                families.byName[name] = Family(help: help, unit: unit, kind: kind)
            }
            let known = families.byName[name]?.series.first { $0.labels.elementsEqual(labels, by: ==) }
            if let known { return known.reading }
            let reading = make()
            families.byName[name]?.series.append((labels, reading))
            return reading
        }
    }

    /// Everything, in the order of registration.
    public func snapshot() -> [MetricSnapshot] {
        // Those that are computed are not asked under the lock: what they read may have a lock of its own.
        let (order, byName) = families.withLock { $0 }
        return order.compactMap { name in
            byName[name].map { family in
                MetricSnapshot(
                    name: name, help: family.help, unit: family.unit, kind: family.kind,
                    series: family.series.map { MetricSnapshot.Series(labels: $0.labels, value: $0.reading.value) })
            }
        }
    }

    /// The text exposition format, version 0.0.4.
    public func prometheusText() -> [UInt8] { PrometheusText.encode(snapshot(), .prometheus) }

    /// OpenMetrics 1.0, which has exemplars: for those who accept `application/openmetrics-text`.
    public func openMetricsText() -> [UInt8] { PrometheusText.encode(snapshot(), .openMetrics) }
}
