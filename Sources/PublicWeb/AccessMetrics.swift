import Telemetry

/// What is counted of clients that are let in, or not.
final class AccessMetrics: Sendable {
    enum Limit: String, CaseIterable {
        case connections
        case sessions
        case requests
        case rate
        case abuse
        case types
    }

    let originRefused: Counter
    let keysFetched: Counter
    let keysNotFetched: Counter
    let expired: Counter
    private let refused: [String: Counter]
    private let limited: [Limit: Counter]

    init(registry: MetricsRegistry) {
        originRefused = registry.counter(
            "switchboard_origin_refused_total", "Requests of browsers from pages that are not allowed")
        let fetches = "switchboard_auth_key_fetches_total"
        keysFetched = registry.counter(fetches, "Fetches of the keys for tokens", labels: [("outcome", "fetched")])
        keysNotFetched = registry.counter(fetches, "Fetches of the keys for tokens", labels: [("outcome", "failed")])
        expired = registry.counter(
            "switchboard_auth_expired_total", "Connections ended because their client's token had expired")
        refused = registry.counters(
            "switchboard_auth_refused_total", "Requests that were not let in by reason", by: "reason",
            AccessRefusal.allReasons, text: \.self)
        limited = registry.counters(
            "switchboard_principal_limited_total", "What principals were refused by their limits", by: "limit",
            Limit.allCases, text: \.rawValue)
    }

    func count(_ refusal: AccessRefusal) { refused[refusal.reason]?.add() }
    func count(_ limit: Limit) { limited[limit]?.add() }
}
