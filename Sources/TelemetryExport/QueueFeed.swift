import Telemetry

/// Spans or log records, in batches.
final class QueueFeed<Element: Sendable>: ExportFeed {
    private let queue: TelemetryQueue<Element>
    private let encode: (ArraySlice<Element>) -> [UInt8]
    private var taken: [Element] = []
    private var used = 0

    init(
        _ queue: TelemetryQueue<Element>, signal: TelemetrySignal, registry: MetricsRegistry,
        encode: @escaping (ArraySlice<Element>) -> [UInt8]
    ) {
        self.queue = queue
        self.encode = encode
        let metrics = ExportMetrics(signal: signal, registry: registry)
        metrics.count(exported: { Double(queue.exported) }, dropped: { Double(queue.dropped) })
        metrics.measure(queue: { Double(queue.count) }, max: queue.elementsMax)
    }

    func next() -> (body: [UInt8], count: Int)? {
        if used == taken.count {
            taken.removeAll(keepingCapacity: true)
            used = 0
            queue.take(into: &taken)
        }
        guard used < taken.count else { return nil }
        let end = min(used + queue.batchMax, taken.count)
        let batch = taken[used..<end]
        used = end
        return (encode(batch), batch.count)
    }

    func settle(exported: Int, dropped: Int) { queue.settle(exported: exported, dropped: dropped) }

    var isBatchFull: Bool { taken.count - used + queue.waitingCount >= queue.batchMax }
    var dropped: UInt64 { queue.dropped }
}
