import Core
import Telemetry

/// The counters of a public-web process, shared by its loops.
final class PublicWebMetrics: Sendable {
    let registry: MetricsRegistry
    let sessionsOpened: Counter
    let sessionsRecovered: Counter
    let sessionsNotRecovered: Counter
    let sessionsTakenOver: Counter
    let sessionsLingeredOut: Counter
    let sessionsAttached: Gauge
    let sessionsDetached: Gauge
    let replayBytes: Gauge
    let replayDropped: Counter
    let eventsAccepted: Counter
    let eventsDuplicate: Counter
    let answersDelivered: Counter
    let pushesDelivered: Counter
    let answersUnexpected: Counter
    let eventsWaiting: Gauge
    /// From accepting an event to its answer; the exemplars are of sampled ones.
    let roundtrip: Histogram
    let loopLag: Histogram
    let forwardedBatch: Histogram
    let forwardQueue: Gauge
    let timelines: Gauge
    let dispatchRefused: Counter
    let framesRefused: Counter
    let slowClosed: Counter
    private let problems: [ProblemKind: Counter]

    /// Of all loops together.
    struct Limits {
        var forwardMax = 0
        var timelinesMax = 0
        var pendingMax = 0
    }

    init(registry: MetricsRegistry, limits: Limits = Limits()) {
        self.registry = registry
        sessionsOpened = registry.counter("switchboard_sessions_opened_total", "Sessions opened")
        sessionsRecovered = registry.counter(
            "switchboard_sessions_resumed_total", "Sessions joined again by their client",
            labels: [("recovered", "true")])
        sessionsNotRecovered = registry.counter(
            "switchboard_sessions_resumed_total", "Sessions joined again by their client",
            labels: [("recovered", "false")])
        sessionsTakenOver = registry.counter(
            "switchboard_sessions_taken_over_total", "Connections closed because a newer one has their session")
        sessionsLingeredOut = registry.counter(
            "switchboard_sessions_expired_total", "Sessions ended because no client came back to them")
        sessionsAttached = registry.gauge("switchboard_sessions_attached", "Sessions with a connection")
        sessionsDetached = registry.gauge("switchboard_sessions_detached", "Sessions that wait for their client")
        replayBytes = registry.gauge("switchboard_replay_bytes", "Events kept until they are acknowledged")
        replayDropped = registry.counter(
            "switchboard_replay_dropped_total", "Events dropped before they were acknowledged")
        eventsAccepted = registry.counter("switchboard_events_accepted_total", "Events accepted from clients")
        eventsDuplicate = registry.counter(
            "switchboard_events_duplicate_total", "Events that repeat an id that waits for its answer, or has it")
        answersDelivered = registry.counter("switchboard_answers_delivered_total", "Answers given to clients")
        pushesDelivered = registry.counter(
            "switchboard_pushes_delivered_total", "Events given to clients that answer nothing they asked")
        answersUnexpected = registry.counter(
            "switchboard_answers_unexpected_total", "Answers dropped because nothing waited for them any more")
        eventsWaiting = registry.gauge("switchboard_events_pending", "Accepted events without an answer yet")
        roundtrip = registry.histogram(
            "switchboard_roundtrip", "From accepting an event to its answer", bounds: Histogram.shortBounds)
        loopLag = registry.histogram(
            "switchboard_loop_lag", "What a turn of an event loop took: so long what became ready had to wait",
            bounds: Histogram.shortBounds)
        forwardedBatch = registry.histogram(
            "switchboard_batch_events", "Events that travel together", unit: "", labels: [("batch", "POST /events")],
            bounds: Histogram.batchBounds)
        forwardQueue = registry.queue("forward", unit: "events", limit: limits.forwardMax)
        timelines = registry.queue("timelines", unit: "events", limit: limits.timelinesMax)
        let pending = eventsWaiting
        registry.queue("pending", unit: "events", limit: limits.pendingMax) { Double(pending.value) }
        dispatchRefused = registry.counter(
            "switchboard_dispatch_refused_total", "Events that /dispatch could not give to anyone")
        framesRefused = registry.counter(
            "switchboard_websocket_violations_total", "Connections closed because of a WebSocket protocol violation")
        slowClosed = registry.counter(
            "switchboard_slow_clients_closed_total", "Connections closed because the client did not read")
        problems = registry.counters(
            "switchboard_problems_total", "Problems told to clients by kind", by: "kind", ProblemKind.allCases,
            text: \.rawValue)
    }

    func count(_ kind: ProblemKind) { problems[kind]?.add() }
}
