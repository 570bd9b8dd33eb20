import Broker
import Core
import Telemetry

/// The counters of a dispatcher process.
final class DispatcherMetrics: Sendable {
    let registry: MetricsRegistry
    let eventsAccepted: Counter
    let eventsRepublished: Counter
    let answersConsumed: Counter
    let answersDispatched: Counter
    let answersGone: Counter
    let answersRetried: Counter
    let answersHeld: Gauge
    let answersDeadLettered: Counter
    let eventsDeadLettered: Counter
    let answersForged: Counter
    let destinations: Gauge
    let loopLag: Histogram
    let dispatchedBatch: Histogram
    let publishedBatch: Histogram
    let durations: MessagingDurations
    let events: EventCounters
    private let problems: [ProblemKind: Counter]

    /// - Parameter types: that have a route.
    init(registry: MetricsRegistry, limits: DispatcherLimits = DispatcherLimits(), types: [String] = []) {
        self.registry = registry
        eventsAccepted = registry.counter(
            "switchboard_events_published_total", "Events the broker has confirmed")
        eventsRepublished = registry.counter(
            "switchboard_events_republished_total", "Events published again because the broker had refused them")
        answersConsumed = registry.counter("switchboard_answers_consumed_total", "Answers taken from the broker")
        answersDispatched = registry.counter(
            "switchboard_answers_dispatched_total", "Answers that a public-web instance took")
        answersGone = registry.counter(
            "switchboard_answers_session_gone_total", "Answers dropped because their session is gone")
        answersRetried = registry.counter(
            "switchboard_answers_retried_total", "Answers offered again because their session was full")
        let held = registry.gauge(
            "switchboard_answers_held", "Answers that wait to be offered again to a session that reads too slowly")
        answersHeld = held
        registry.queue("held-answers", unit: "events", limit: limits.heldAnswersMax) { Double(held.value) }
        eventsDeadLettered = registry.counter(
            "switchboard_events_dead_lettered_total", "Events that a service failed on for good")
        answersDeadLettered = registry.counter(
            "switchboard_answers_dead_lettered_total", "Answers that could not be delivered in time")
        answersForged = registry.counter(
            "switchboard_answers_forged_total", "Answers whose return address is missing or not signed by us")
        let destinations = registry.gauge("switchboard_destinations", "Public-web instances that answers go to")
        self.destinations = destinations
        registry.queue("destinations", unit: "instances", limit: limits.destinationsMax) { Double(destinations.value) }
        loopLag = registry.histogram(
            "switchboard_loop_lag", "What a turn of an event loop took: so long what became ready had to wait",
            bounds: Histogram.shortBounds)
        func batch(_ name: String) -> Histogram {
            registry.histogram(
                "switchboard_batch_events", "Events that travel together", unit: "", labels: [("batch", name)],
                bounds: Histogram.batchBounds)
        }
        dispatchedBatch = batch("POST /dispatch")
        publishedBatch = batch("publish")
        durations = MessagingDurations(
            registry: registry, exchange: StandardTopology.eventsExchange, queue: StandardTopology.responsesQueue)
        events = EventCounters(registry: registry, types: types)
        problems = registry.counters(
            "switchboard_problems_total", "Events refused by kind of problem", by: "kind", ProblemKind.allCases,
            text: \.rawValue)
    }

    func count(_ kind: ProblemKind) { problems[kind]?.add() }
}
