import Telemetry

/// What the exporter says of itself, in the registry of the tier whose telemetry it is.
struct ExportMetrics {
    let signal: TelemetrySignal
    let registry: MetricsRegistry

    private var labels: MetricsRegistry.Labels { [("signal", signal.rawValue)] }

    func count(exported: @escaping @Sendable () -> Double, dropped: @escaping @Sendable () -> Double) {
        registry.counter(
            "switchboard_telemetry_exported_total", "Spans, log records and data points that the collector took",
            labels: labels, exported)
        registry.counter(
            "switchboard_telemetry_dropped_total",
            "Spans, log records and data points lost: the queue was full, or the collector away or refusing",
            labels: labels, dropped)
    }

    func measure(queue: @escaping @Sendable () -> Double, max: Int) {
        registry.gauge("switchboard_telemetry_queue", "Spans and log records to be exported", labels: labels, queue)
        registry.gauge(
            "switchboard_telemetry_queue_max", "Most spans and log records that may wait to be exported", labels: labels
        ) { Double(max) }
    }
}
