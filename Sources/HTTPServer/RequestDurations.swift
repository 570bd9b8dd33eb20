import Core
import HTTP1
import Telemetry

/// The histograms of `http.server.request.duration`, one for each route, method and status that occurred: as many as the
/// program has routes and answers, whatever a client asks for. On its loop's thread.
struct RequestDurations {
    private struct Key: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private let metrics: MetricsRegistry
    private let scheme: String
    private var histograms: [Key: Histogram] = [:]

    init(metrics: MetricsRegistry, isTLS: Bool) {
        self.metrics = metrics
        scheme = isTLS ? "https" : "http"
    }

    mutating func record(_ timing: RequestTiming, status: Int, context: TraceContext?) {
        let nanoseconds = SystemClock.monotonic().nanoseconds(since: timing.beganAt)
        // A method of the client's own making would be a label of its making.
        var method = timing.method.text
        if case .other = timing.method { method = "_OTHER" }
        let key = Key(route: timing.route, method: method, status: status)
        let histogram = histograms[key] ?? make(key)
        histogram.record(nanoseconds: nanoseconds, context: context)
    }

    private mutating func make(_ key: Key) -> Histogram {
        var labels = [
            ("http.request.method", key.method), ("http.response.status_code", String(key.status)),
            ("url.scheme", scheme),
        ]
        if !key.route.isEmpty { labels.append(("http.route", key.route)) }
        if key.status >= 500 { labels.append(("error.type", String(key.status))) }
        let histogram = metrics.histogram(
            "http.server.request.duration", "From a request's head to its answer", labels: labels)
        histograms[key] = histogram
        return histogram
    }
}
