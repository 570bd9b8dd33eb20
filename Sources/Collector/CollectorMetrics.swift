import Telemetry
import TraceStore

/// What became of what came.
struct CollectorMetrics {
    let refusedRequests: Counter
    private let received: [(Counter, (TraceStoreCounters) -> UInt64)]
    private let dropped: [(Counter, (TraceStoreCounters) -> UInt64)]
    private let rejected: Counter
    private let traces: Gauge
    private let traceBytes: Gauge
    private let looseLogs: Gauge

    init(_ registry: MetricsRegistry, limits: TraceStoreLimits) {
        refusedRequests = registry.counter(
            "switchboard_collector_requests_refused_total", "Requests that are no OTLP in JSON")
        func received(_ signal: String) -> Counter {
            registry.counter(
                "switchboard_collector_records_total", "Spans, logs and metrics received", labels: [("signal", signal)])
        }
        func dropped(_ reason: String) -> Counter {
            registry.counter(
                "switchboard_collector_dropped_total",
                "Spans and logs that were not kept, and traces and logs that had to go", labels: [("reason", reason)])
        }
        self.received = [
            (received("traces"), { $0.spans }), (received("logs"), { $0.logs }), (received("metrics"), { $0.metrics }),
        ]
        self.dropped = [
            (dropped("duplicate-span"), { $0.duplicates }), (dropped("trace-full"), { $0.refused }),
            (dropped("trace-evicted"), { $0.evictedTraces }), (dropped("log-evicted"), { $0.evictedLogs }),
        ]
        rejected = dropped("malformed")
        traces = registry.gauge("switchboard_collector_traces", "Traces kept")
        traceBytes = registry.gauge("switchboard_collector_trace_bytes", "About the memory that traces take")
        looseLogs = registry.gauge("switchboard_collector_loose_logs", "Logs kept that belong to no trace")
        registry.gauge("switchboard_collector_traces_max", "Traces that can be kept") { Double(limits.tracesMax) }
        registry.gauge("switchboard_collector_trace_bytes_max", "Memory that traces may take") {
            Double(limits.traceBytesMax)
        }
        registry.gauge("switchboard_collector_loose_logs_max", "Logs without a trace that can be kept") {
            Double(limits.looseLogsMax)
        }
    }

    func update(_ store: TraceStore, rejected: UInt64) {
        for (counter, read) in received + dropped { counter.add(read(store.counters) - counter.value) }
        self.rejected.add(rejected)
        traces.set(Int64(store.traceCount))
        traceBytes.set(Int64(store.traceByteCount))
        looseLogs.set(Int64(store.looseLogCount))
    }
}
