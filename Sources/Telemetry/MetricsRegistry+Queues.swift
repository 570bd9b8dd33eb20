extension MetricsRegistry {
    /// How much a bounded queue or table holds, and how much it may: `switchboard_queue_depth` and
    /// `switchboard_queue_limit` with the label `queue`.
    /// - Parameters:
    ///   - unit: of what is counted, as `events` or `bytes`.
    ///   - depth: from any thread; must not block.
    public func queue(_ name: String, unit: String, limit: Int, depth: @escaping @Sendable () -> Double) {
        gauge(Self.depth, Self.depthHelp, labels: queueLimit(name, unit, limit), depth)
    }

    /// As above, with a gauge that its owners add to.
    public func queue(_ name: String, unit: String, limit: Int) -> Gauge {
        gauge(Self.depth, Self.depthHelp, labels: queueLimit(name, unit, limit))
    }

    private static let depth = "switchboard_queue_depth"
    private static let depthHelp = "What a bounded queue or table holds"

    private func queueLimit(_ name: String, _ unit: String, _ limit: Int) -> Labels {
        let labels = [("queue", name), ("unit", unit)]
        gauge("switchboard_queue_limit", "What it may hold; beyond, it refuses or drops", labels: labels) {
            Double(limit)
        }
        return labels
    }
}
