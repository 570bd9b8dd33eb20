extension MetricsRegistry {
    /// How much a bounded queue or table holds, and how much it may: `switchboard_queue_depth` and
    /// `switchboard_queue_limit` with the label `queue`. - Parameters:
    ///   - unit: of what is counted, as `events` or `bytes`.
    ///   - depth: from any thread; must not block.
    public func queue(_ name: String, unit: String, limit: Int, depth: @escaping @Sendable () -> Double) {
        let labels = [("queue", name), ("unit", unit)]
        gauge("switchboard_queue_depth", "What a bounded queue or table holds", labels: labels, depth)
        gauge("switchboard_queue_limit", "What it may hold; beyond, it refuses or drops", labels: labels) {
            Double(limit)
        }
    }

    /// As above, with a gauge that its owners add to.
    public func queue(_ name: String, unit: String, limit: Int) -> Gauge {
        let labels = [("queue", name), ("unit", unit)]
        gauge("switchboard_queue_limit", "What it may hold; beyond, it refuses or drops", labels: labels) {
            Double(limit)
        }
        return gauge("switchboard_queue_depth", "What a bounded queue or table holds", labels: labels)
    }
}
