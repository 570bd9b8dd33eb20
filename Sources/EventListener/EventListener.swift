import Broker
import CloudEvents
import Core
import Dispatch
import EventTracing
import JSON
import Telemetry

/// A service: takes events of a queue, hands each to a closure, publishes what the closure answers, and acknowledges an
/// event only when the broker has confirmed its answers. So an event is handled at least once: after a crash or a lost
/// connection it comes again.
public final class EventListener: Sendable {
    /// Called on the consumer's thread, one event after the other. What it returns is published; an error it throws
    /// becomes the event's answer, a `switchboard.error` of status 502.
    public typealias Handler = @Sendable (Event) throws -> [Event]

    private static let responses = BrokerRoute(
        exchange: StandardTopology.responsesExchange, routingKey: StandardTopology.responsesRoutingKey)
    private static let defaultLifetimeMilliseconds: UInt64 = 30_000
    private static let brokerWaitMilliseconds: UInt64 = 30_000
    private static let republishMilliseconds: UInt64 = 100

    public let service: String
    private let broker: any MessageBroker
    private let logger: Logger
    let tracer: Tracer
    let queue: String
    private let handler: Handler
    private let durations: MessagingDurations
    private let counters: EventCounters
    private let handled: Counter
    private let failed: Counter
    private let expired: Counter
    private let malformed: Counter
    private let published: Counter
    private let republished: Counter

    /// - Parameter broker: made with `StandardTopology.service(queue:bindings:)`, not started.
    public init(
        service: String, queue: String, prefetch: Int, broker: any MessageBroker, logger: Logger,
        registry: MetricsRegistry, tracer: Tracer = .disabled, handler: @escaping Handler
    ) {
        self.service = service
        self.queue = queue
        self.broker = broker
        self.logger = logger
        self.tracer = tracer
        self.handler = handler
        durations = MessagingDurations(
            registry: registry, exchange: StandardTopology.responsesExchange, queue: queue)
        counters = EventCounters(registry: registry)
        handled = registry.counter("switchboard_listener_events_total", "Events handled")
        failed = registry.counter("switchboard_listener_failures_total", "Events whose handler threw an error")
        expired = registry.counter("switchboard_listener_expired_total", "Events dropped because their time was over")
        malformed = registry.counter(
            "switchboard_listener_malformed_total", "Messages dead-lettered because they hold no valid events")
        published = registry.counter("switchboard_listener_answers_total", "Answers confirmed by the broker")
        republished = registry.counter(
            "switchboard_listener_answers_republished_total",
            "Answers published again because the broker had not taken them")
        broker.consume(queue: queue, prefetch: prefetch) { [weak self] messages in self?.receive(messages) }
    }

    public func start() { broker.start() }

    /// Lets what is under way finish, as far as time allows.
    public func stop(drainMilliseconds: Int) { broker.stop(drainMilliseconds: drainMilliseconds) }

    public var isConnected: Bool { broker.isConnected }

    /// The answers to all that was ready go out together.
    private func receive(_ messages: [DeliveredMessage]) {
        var answers = AnswerBatch(requestBytes: messages.reduce(0) { $0 + $1.body.count })
        var tags: [DeliveryTag] = []
        tags.reserveCapacity(messages.count)
        var envelopes: [EventEnvelope] = []
        for message in messages {
            do throws(EventError) {
                try message.body.withBytes { bytes throws(EventError) in
                    // All of the message is looked at before any of it is handled.
                    envelopes.removeAll(keepingCapacity: true)
                    try EventBatch.forEach(bytes, rules: .strict) { envelopes.append($0) }
                    for envelope in envelopes { handle(envelope, in: bytes, of: message, &answers) }
                }
                tags.append(message.tag)
            } catch {
                malformed.add()
                logger.error("a message holds no valid events; dead-lettered", ["reason": .string(error.detail)])
                broker.reject(message.tag, requeue: false)
            }
        }
        for (type, outcome, count) in answers.outcomes { counters.add(count, type: type, outcome: "\(outcome)") }
        publish(answers, tags)
    }

    private func handle(
        _ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, of message: DeliveredMessage,
        _ answers: inout AnswerBatch
    ) {
        var (context, span) = begin(envelope, in: bytes, of: message)
        defer { span?.end(tracer) }
        if let text = envelope.value(.expirytime, in: bytes), let expiry = RFC3339.parse(text) {
            let now = SystemClock.wallNanoseconds()
            guard expiry > now else {
                span?.add("deadline")
                span?.fail("deadline-passed", "its expirytime had passed")
                answers.count(envelope.string(.type, in: bytes) ?? "", "expired")
                return expired.add()
            }
            answers.extend(toMilliseconds: (expiry - now) / 1_000_000)
        } else {
            answers.extend(toMilliseconds: Self.defaultLifetimeMilliseconds)
        }
        var event = Event(copying: envelope, from: bytes)
        // What the handler does for the event is part of its span, and so are its answers.
        event = event.carrying(context)
        let beganAt = SystemClock.monotonic()
        var nanoseconds: UInt64 = 0
        func append(_ answer: Event) {
            guard let span else {
                return answers.append(answer, to: event, service: service, nanoseconds: nanoseconds)
            }
            let send = beginSend(answer, below: span)
            answers.append(
                answer.carrying(tracer.inject(send.context)), to: event, service: service, nanoseconds: nanoseconds,
                span: send)
        }
        func timed() throws -> [Event] {
            defer {
                nanoseconds = SystemClock.monotonic().nanoseconds(since: beganAt)
                durations.processed(nanoseconds: nanoseconds)
            }
            return try handler(event)
        }
        do {
            for answer in try timed() { append(answer) }
            handled.add()
            answers.count(event.type, "handled")
            logger.step("event handled", context: span?.context ?? .none, EventIdentity(envelope, in: bytes).fields)
        } catch {
            failed.add()
            answers.count(event.type, "failed")
            logger.error(
                "the handler failed on an event", context: span?.context,
                [
                    "error": .string("\(error)"), "event_id": .string(event.id),
                    "correlation_id": .string(event.correlationID ?? ""),
                ])
            // Not its message, which may quote the event.
            span?.add("exception", [SpanAttribute("exception.type", .string("\(type(of: error))"))])
            span?.fail("listener-failed", "the handler failed on the event")
            append(failure(of: event, "\(service) failed on the event."))
        }
    }

    private func failure(of event: Event, _ detail: String) -> Event {
        var data: [UInt8] = []
        Problem(.listenerFailed, detail).appendJSON(instance: nil, traceID: nil, to: &data)
        return event.answer(type: "switchboard.error", source: "/\(service)", data: data)
    }

    private func publish(_ answers: AnswerBatch, _ tags: [DeliveryTag]) {
        guard !tags.isEmpty else { return }
        guard !answers.isEmpty else { return settle(tags, isDone: true) }
        let now = SystemClock.monotonic()
        let group = PublishGroup(
            route: Self.responses, events: answers.events, ends: answers.ends,
            expirationMilliseconds: UInt32(clamping: answers.lifetimeMilliseconds), metadata: answers.metadata,
            deadline: now.advanced(byMilliseconds: Self.brokerWaitMilliseconds))
        publish(OutgoingAnswers(group: group, tags: tags, spans: answers.spans, beganAt: now))
    }

    private func publish(_ answers: OutgoingAnswers) {
        let isTaken = broker.publish(answers.group) { [weak self] outcome in
            guard let self else { return }
            switch outcome {
            case .rejected, .unroutable: if self.publishLater(answers) { return }
            case .confirmed: self.published.add(UInt64(answers.group.ends.count))
            case .expired, .unavailable: break
            }
            self.durations.sent(outcome, since: answers.beganAt)
            self.end(answers.spans, outcome)
            self.settle(answers.tags, isDone: outcome == .confirmed || outcome == .expired)
        }
        if !isTaken, !publishLater(answers) {
            end(answers.spans, .unavailable)
            settle(answers.tags, isDone: false)
        }
    }

    /// A broker refuses for a moment, as while a queue has no leader. Events that went back to their queue for it would
    /// use up their deliveries in no time. False if there is no time left for another try.
    private func publishLater(_ answers: OutgoingAnswers) -> Bool {
        let retryAt = SystemClock.monotonic().advanced(byMilliseconds: Self.republishMilliseconds)
        guard retryAt < answers.group.deadline else { return false }
        republished.add(UInt64(answers.group.ends.count))
        var later = answers
        for index in later.spans.indices { later.spans[index].add("retry") }
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(Self.republishMilliseconds))) {
            [weak self, later] in self?.publish(later)
        }
        return true
    }

    private func settle(_ tags: [DeliveryTag], isDone: Bool) {
        for tag in tags {
            if isDone { broker.acknowledge(tag, multiple: false) } else { broker.reject(tag, requeue: true) }
        }
    }
}
