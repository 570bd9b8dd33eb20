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
    /// becomes the event's answer, a `switchboard.error` of status 502, and so does an answer over `answerBytesMax`.
    public typealias Handler = @Sendable (Event) throws -> [Event]

    private static let responses = BrokerRoute(
        exchange: StandardTopology.responsesExchange, routingKey: StandardTopology.responsesRoutingKey)
    private static let defaultLifetimeMilliseconds: UInt64 = 30_000
    private static let republishMilliseconds: UInt64 = 100
    /// Less than the dispatcher takes: the broker may close the channel for larger messages.
    public static let answerBytesMax = 4 * 1024 * 1024 - 64 * 1024

    public let service: String
    let broker: any MessageBroker
    let logger: Logger
    let tracer: Tracer
    let queue: String
    private let handler: Handler
    private let durations: MessagingDurations
    private let counters: EventCounters
    private let handled: Counter
    private let failed: Counter
    private let expired: Counter
    private let malformed: Counter
    let separated: Counter
    private let suspectReturns: Int
    let brokerWaitMilliseconds: UInt64
    /// The queue itself, by the default exchange: for events that are published again one by one.
    let own: BrokerRoute
    private let published: Counter
    private let republished: Counter

    /// - Parameters:
    ///   - broker: made with `StandardTopology.service(queue:bindings:)`, not started.
    ///   - deliveryLimit: of the queue. Events that came back often on the way there are handled one at a time.
    ///   - brokerWaitMilliseconds: for how long answers are tried to be published, at least, before their events go back.
    public init(
        service: String, queue: String, prefetch: Int, broker: any MessageBroker, logger: Logger,
        registry: MetricsRegistry, tracer: Tracer = .disabled,
        deliveryLimit: Int = StandardTopology.serviceDeliveryLimit, brokerWaitMilliseconds: UInt64 = 30_000,
        handler: @escaping Handler
    ) {
        self.brokerWaitMilliseconds = brokerWaitMilliseconds
        self.service = service
        self.queue = queue
        self.broker = broker
        self.logger = logger
        self.tracer = tracer
        self.handler = handler
        suspectReturns = Self.suspectReturns(deliveryLimit: deliveryLimit)
        own = BrokerRoute(exchange: "", routingKey: queue, batchEventsMax: 1)
        durations = MessagingDurations(
            registry: registry, exchange: StandardTopology.responsesExchange, queue: queue)
        counters = EventCounters(registry: registry)
        handled = registry.counter("switchboard_listener_events_total", "Events handled")
        failed = registry.counter("switchboard_listener_failures_total", "Events whose handler threw an error")
        expired = registry.counter(
            "switchboard_listener_expired_total", "Events dead-lettered because their time was over")
        separated = registry.counter(
            "switchboard_listener_separated_total", "Events published again, each alone, as their message came back")
        malformed = registry.counter(
            "switchboard_listener_malformed_total", "Messages dead-lettered because they hold no valid events")
        published = registry.counter("switchboard_listener_answers_total", "Answers confirmed by the broker")
        republished = registry.counter(
            "switchboard_listener_answers_republished_total",
            "Answers published again because the broker had not taken them")
        broker.consume(queue: queue, prefetch: prefetch, suspectReturns: suspectReturns) { [weak self] messages in
            self?.receive(messages)
        }
    }

    /// A message comes back once for every crash or loss of its listener, whatever it holds. Coming back twice is more than
    /// an accident, unless the limit leaves no room to find out.
    static func suspectReturns(deliveryLimit: Int) -> Int { deliveryLimit >= 4 ? 2 : 1 }

    public func start() { broker.start() }

    /// Lets what is under way finish, as far as time allows.
    public func stop(drainMilliseconds: Int) { broker.stop(drainMilliseconds: drainMilliseconds) }

    public var isConnected: Bool { broker.isConnected }

    /// The answers to all that was ready go out together, as far as the handler is fast.
    private func receive(_ messages: [DeliveredMessage]) {
        var slice = AnswerSlice(requestBytes: messages.reduce(0) { $0 + $1.body.count })
        var envelopes: [EventEnvelope] = []
        for message in messages {
            do throws(EventError) {
                try message.body.withBytes { bytes throws(EventError) in
                    // All of the message is looked at before any of it is handled.
                    envelopes.removeAll(keepingCapacity: true)
                    try EventBatch.forEach(bytes, rules: .strict) { envelopes.append($0) }
                    if envelopes.count > 1, message.returns >= suspectReturns {
                        return separate(envelopes, in: bytes, of: message)
                    }
                    handle(envelopes, in: bytes, of: message, &slice)
                }
            } catch {
                malformed.add()
                logger.error("a message holds no valid events; dead-lettered", ["reason": .string(error.detail)])
                broker.reject(message.tag, requeue: false)
            }
        }
        publish(slice)
    }

    /// All events of a message. It is settled when all slices that hold some of it are.
    private func handle(
        _ envelopes: [EventEnvelope], in bytes: UnsafeRawBufferPointer, of message: DeliveredMessage,
        _ slice: inout AnswerSlice
    ) {
        var expired: [EventEnvelope] = []
        var whole: JointSettlement?
        for (index, envelope) in envelopes.enumerated() {
            if slice.isDue {
                if index > 0 {
                    let parts =
                        whole ?? JointSettlement(count: 1) { [weak self] in self?.settle([message.tag], isDone: $0) }
                    parts.expectOneMore()
                    slice.parts.append(parts)
                    whole = parts
                }
                publish(slice)
                slice = AnswerSlice(requestBytes: 0)
            }
            if !handle(envelope, in: bytes, of: message, &slice.answers) { expired.append(envelope) }
        }
        if !expired.isEmpty { slice.dead.append(deadGroup(expired, in: bytes, of: message)) }
        if let whole { slice.parts.append(whole) } else { slice.tags.append(message.tag) }
    }

    /// False if its time was over.
    private func handle(
        _ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, of message: DeliveredMessage,
        _ answers: inout AnswerBatch
    ) -> Bool {
        var (context, span) = begin(envelope, in: bytes, of: message)
        defer { span?.end(tracer) }
        if let text = envelope.value(.expirytime, in: bytes), let expiry = RFC3339.parse(text) {
            let now = SystemClock.wallNanoseconds()
            guard expiry > now else {
                span?.add("deadline")
                span?.fail("deadline-passed", "its expirytime had passed")
                answers.count(envelope.string(.type, in: bytes) ?? "", "expired")
                expired.add()
                return false
            }
            answers.extend(toMilliseconds: (expiry - now) / 1_000_000, isGiven: true)
        } else {
            answers.extend(toMilliseconds: Self.defaultLifetimeMilliseconds, isGiven: false)
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
        func checked(_ answer: Event) throws -> Event {
            guard answer.bytes.count <= Self.answerBytesMax else { throw AnswerTooLarge(bytes: answer.bytes.count) }
            return answer
        }
        func timed() throws -> [Event] {
            defer {
                nanoseconds = SystemClock.monotonic().nanoseconds(since: beganAt)
                durations.processed(nanoseconds: nanoseconds)
            }
            return try handler(event)
        }
        do {
            for answer in try timed().map(checked) { append(answer) }
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
            if let answer = failure(of: event, "\(service) failed on the event.") { append(answer) }
        }
        return true
    }

    private func failure(of event: Event, _ detail: String) -> Event? {
        var data: [UInt8] = []
        Problem(.listenerFailed, detail).appendJSON(instance: nil, traceID: nil, to: &data)
        return try? event.answer(type: "switchboard.error", source: "/\(service)", data: data)
    }

    private func publish(_ slice: AnswerSlice) {
        let answers = slice.answers
        for (type, outcome, count) in answers.outcomes { counters.add(count, type: type, outcome: "\(outcome)") }
        guard !slice.isEmpty else { return }
        let settlement = JointSettlement(count: slice.dead.count + 1) {
            [weak self, tags = slice.tags, parts = slice.parts] isDone in
            self?.settle(tags, isDone: isDone)
            for part in parts { part.settle(isDone) }
        }
        for group in slice.dead { publish(group, settlement) }
        guard !answers.isEmpty else { return settlement.settle(true) }
        let now = SystemClock.monotonic()
        // Handled again, they would not be answered any sooner.
        let waitMilliseconds = max(brokerWaitMilliseconds, answers.givenLifetimeMilliseconds)
        let group = PublishGroup(
            route: Self.responses, events: answers.events, ends: answers.ends,
            expirationMilliseconds: UInt32(clamping: answers.lifetimeMilliseconds), metadata: answers.metadata,
            deadline: now.advanced(byMilliseconds: waitMilliseconds))
        publish(
            OutgoingEvents(
                group: group, settlement: settlement, spans: answers.spans, beganAt: now, areAnswers: true))
    }

    /// Events that are no answers.
    func publish(_ group: PublishGroup, _ settlement: JointSettlement) {
        publish(
            OutgoingEvents(
                group: group, settlement: settlement, spans: [], beganAt: SystemClock.monotonic(), areAnswers: false))
    }

    private func publish(_ events: OutgoingEvents) {
        let isTaken = broker.publish(events.group) { [weak self] outcome in
            guard let self else { return }
            switch outcome {
            case .rejected, .unroutable, .unavailable: if self.publishLater(events) { return }
            case .confirmed where events.areAnswers: self.published.add(UInt64(events.group.ends.count))
            case .confirmed, .expired, .refused: break
            }
            if events.areAnswers { self.durations.sent(outcome, since: events.beganAt) }
            self.end(events.spans, outcome)
            events.settlement.settle(outcome == .confirmed || (outcome == .expired && events.areAnswers))
        }
        if !isTaken, !publishLater(events) {
            end(events.spans, .unavailable)
            events.settlement.settle(false)
        }
    }

    /// A broker refuses for a moment, as while a queue has no leader, or takes nothing for longer, in an alarm. Events that
    /// went back to their queue for it would use up their deliveries in no time. False if there is no time left for
    /// another try.
    private func publishLater(_ events: OutgoingEvents) -> Bool {
        let retryAt = SystemClock.monotonic().advanced(byMilliseconds: Self.republishMilliseconds)
        guard retryAt < events.group.deadline else { return false }
        if events.areAnswers { republished.add(UInt64(events.group.ends.count)) }
        var later = events
        for index in later.spans.indices { later.spans[index].add("retry") }
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(Self.republishMilliseconds))) {
            [weak self, later] in self?.publish(later)
        }
        return true
    }

    func settle(_ tags: [DeliveryTag], isDone: Bool) {
        for tag in tags {
            if isDone { broker.acknowledge(tag, multiple: false) } else { broker.reject(tag, requeue: true) }
        }
    }
}
