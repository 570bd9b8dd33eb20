import Core
import Telemetry

/// All metrics of a registry, as they are when asked for.
final class MetricsFeed: ExportFeed {
    private let registry: MetricsRegistry
    private let encoder: OTLPEncoder
    private let exportedCounter = Counter()
    private let droppedCounter = Counter()

    init(_ registry: MetricsRegistry, encoder: OTLPEncoder) {
        self.registry = registry
        self.encoder = encoder
        let (exported, dropped) = (exportedCounter, droppedCounter)
        ExportMetrics(signal: .metrics, registry: registry).count(
            exported: { Double(exported.value) }, dropped: { Double(dropped.value) })
    }

    /// Counts data points.
    func next() -> (body: [UInt8], count: Int)? {
        let metrics = registry.snapshot()
        let count = metrics.reduce(0) { $0 + $1.series.count }
        guard count > 0 else { return nil }
        let now = SystemClock.wallNanoseconds()
        return (encoder.encode(metrics: metrics, start: registry.startWallNanoseconds, now: now), count)
    }

    func settle(exported: Int, dropped: Int) {
        exportedCounter.add(UInt64(exported))
        droppedCounter.add(UInt64(dropped))
    }

    var isBatchFull: Bool { false }
    var dropped: UInt64 { droppedCounter.value }
}
