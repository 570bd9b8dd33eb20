import Core
import Glibc

/// A broker for one process: no network, no disk, the semantics of RabbitMQ. It has a thread of its own, on which all
/// closures are called, so that a closure may publish, acknowledge and reject without fear of a deadlock.
public final class InMemoryBroker: MessageBroker {
    /// Deliveries handed to the handler at once.
    static let deliveriesMax = 256

    private struct Control: Sendable {
        var consumption: Consumption?
        var thread: Thread?
        var isStarted = false
        var stopAt: MonotonicInstant?
    }

    private let hub: InMemoryHub
    private let topology: Topology
    private let limits: PublishLimits
    private let wake: WakeSignal
    private let intake: PublishIntake
    private let counters = BrokerCounters()
    private let observers = BrokerObservers()
    private let control = Mutex(Control())

    public init(
        hub: InMemoryHub, topology: Topology, limits: PublishLimits = PublishLimits()
    ) throws(BrokerConfigurationError) {
        try topology.validate()
        do { wake = try WakeSignal() } catch { throw .noThread(error.description) }
        self.hub = hub
        self.topology = topology
        self.limits = limits
        intake = PublishIntake(limits: limits, wake: wake)
    }

    public func publish(_ group: PublishGroup, completion: @escaping @Sendable (PublishOutcome) -> Void) -> Bool {
        intake.post(group, completion: completion)
    }

    public func consume(
        queue: String, prefetch: Int, suspectReturns: Int?, handler: @escaping @Sendable ([DeliveredMessage]) -> Void
    ) {
        precondition((1...65_535).contains(prefetch), "prefetch is 1 to 65,535")
        control.withLock {
            precondition(!$0.isStarted && $0.consumption == nil, "consume comes before start, and once")
            $0.consumption = Consumption(
                queue: queue, prefetch: prefetch, suspectReturns: suspectReturns, handler: handler,
                settlements: SettlementIntake(prefetch: prefetch, wake: wake))
        }
    }

    public func acknowledge(_ tag: DeliveryTag, multiple: Bool) {
        settle(Settlement(tag: tag, kind: multiple ? .acknowledgeThrough : .acknowledge))
    }

    public func reject(_ tag: DeliveryTag, requeue: Bool) {
        settle(Settlement(tag: tag, kind: requeue ? .requeue : .discard))
    }

    private func settle(_ settlement: Settlement) {
        guard let settlements = control.withLock({ $0.consumption?.settlements }) else { return }
        if !settlements.post(settlement) {
            observers.report(
                .acknowledgementDropped, "a delivery was settled more often than once; the surplus is dropped")
        }
    }

    public func start() {
        control.withLock {
            precondition(!$0.isStarted, "start comes once")
            $0.isStarted = true
            do {
                $0.thread = try Thread(name: "broker-memory") { [self] in run() }
            } catch {
                observers.report(.connectFailed, "the broker's thread can't be started: \(error)")
            }
        }
    }

    public func stop(drainMilliseconds: Int) {
        let now = SystemClock.monotonic()
        let thread = control.withLock { control -> Thread? in
            control.stopAt = now.advanced(byMilliseconds: UInt64(max(0, drainMilliseconds)))
            defer { control.thread = nil }
            return control.thread
        }
        wake.signal()
        if let thread {
            thread.join()
        } else {
            finish(PublishBacklog(intake: intake, limits: limits, counters: counters))
        }
    }

    public var isConnected: Bool { observers.state == .connected }

    public var onStateChange: (@Sendable (BrokerState) -> Void)? {
        get { observers.onStateChange }
        set { observers.onStateChange = newValue }
    }

    public var onDiagnostic: (@Sendable (BrokerDiagnostic) -> Void)? {
        get { observers.onDiagnostic }
        set { observers.onDiagnostic = newValue }
    }

    public var statistics: BrokerStatistics {
        var statistics = counters.snapshot
        intake.count(into: &statistics)
        return statistics
    }

    // The thread.

    private func run() {
        let backlog = PublishBacklog(intake: intake, limits: limits, counters: counters)
        observers.report(.connecting)
        hub.join(wake)
        let consumption = control.withLock { $0.consumption }
        let refusal = hub.step { $0.declare(topology) }
        if let refusal { observers.report(.topologyRefused, refusal) }
        var consumer: UInt64?
        if let consumption, refusal == nil {
            consumer = hub.addConsumer(consumption, wake: wake)
            if consumer == nil { observers.report(.topologyRefused, "there is no queue \(consumption.queue)") }
        }
        let isReady = refusal == nil && (consumer != nil) == (consumption != nil)
        if isReady {
            counters.update { $0.connects += 1 }
            observers.report(.connected)
        }
        serve(backlog, consumption: consumption, consumer: consumer, isReady: isReady)
        if let consumer { hub.removeConsumer(consumer, now: SystemClock.monotonic()) }
        hub.leave(wake)
        finish(backlog)
    }

    private func finish(_ backlog: PublishBacklog) {
        intake.close()
        backlog.takePosted()
        backlog.giveUpAll()
        observers.report(.stopped)
    }

    private func serve(_ backlog: PublishBacklog, consumption: Consumption?, consumer: UInt64?, isReady: Bool) {
        while true {
            let now = SystemClock.monotonic()
            let stopAt = control.withLock { $0.stopAt }
            if isReady { publishAll(backlog) } else { giveUp(backlog, now: now) }
            var delivered = 0
            if let consumption, let consumer {
                settleAll(consumption.settlements, consumer)
                if stopAt == nil { delivered = deliver(to: consumption, consumer) }
            }
            if let stopAt, now >= stopAt || isDrained(consumer) { return }
            if delivered == 0 { sleep(now: now, until: stopAt, isReady: isReady) }
        }
    }

    private func isDrained(_ consumer: UInt64?) -> Bool {
        intake.isIdle && (consumer.map { consumer in hub.step { $0.unsettledCount(consumer) } } ?? 0) == 0
    }

    private func sleep(now: MonotonicInstant, until stopAt: MonotonicInstant?, isReady: Bool) {
        // Without a topology nothing is published: look after the deadlines of what waits, every 50 ms.
        var next: MonotonicInstant? = isReady ? hub.step { $0.nextExpiry } : now.advanced(byMilliseconds: 50)
        if let stopAt { next = next.map { min($0, stopAt) } ?? stopAt }
        let milliseconds = next.map { min($0.milliseconds(since: now) + 1, 60_000) } ?? 60_000
        var descriptor = pollfd(fd: wake.fd, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, CInt(milliseconds))
        wake.drain()
        if isReady { hub.step { $0.expire(now: SystemClock.monotonic()) } }
    }

    private func giveUp(_ backlog: PublishBacklog, now: MonotonicInstant) {
        backlog.takePosted()
        backlog.giveUpWaiting(now: now, isConnected: false)
    }

    private func publishAll(_ backlog: PublishBacklog) {
        backlog.takePosted()
        var statistics = BrokerStatistics()
        let now = SystemClock.monotonic()
        while let message = backlog.nextMessage(now: now) {
            var outcome = hub.step { $0.publish(Self.inMemory(message), now: now) }
            statistics.messagesPublished += 1
            statistics.eventsPublished += UInt64(message.eventCount)
            statistics.bytesPublished += UInt64(message.body.count)
            switch outcome {
            case .unroutable where !message.route.isMandatory:
                outcome = .confirmed
                statistics.messagesConfirmed += 1
            case .unroutable: statistics.messagesReturned += 1
            case .rejected, .refused: statistics.messagesNegativelyConfirmed += 1
            default: statistics.messagesConfirmed += 1
            }
            backlog.settle(message, outcome)
        }
        if statistics.messagesPublished > 0 { counters.add(published: statistics) }
    }

    private static func inMemory(_ message: OutgoingMessage) -> InMemoryMessage {
        InMemoryMessage(
            exchange: message.route.exchange, routingKey: message.route.routingKey, body: message.body,
            contentType: message.contentType, traceparent: message.metadata?.traceparent,
            tracestate: message.metadata?.tracestate, timestampSeconds: message.metadata?.timestampSeconds,
            earlierDeliveries: message.metadata?.earlierDeliveries ?? 0, death: message.metadata?.death,
            expiresAt: message.expiresAt)
    }

    private func settleAll(_ settlements: SettlementIntake, _ consumer: UInt64) {
        var batch: [Settlement] = []
        settlements.take(into: &batch)
        if batch.isEmpty { return }
        let now = SystemClock.monotonic()
        var acknowledged = 0
        var rejected = 0
        hub.step { core in
            for settlement in batch {
                let count = core.settle(consumer, tag: settlement.tag.value, kind: settlement.kind, now: now)
                switch settlement.kind {
                case .acknowledge, .acknowledgeThrough: acknowledged += count
                case .requeue, .discard: rejected += count
                }
            }
        }
        counters.update {
            $0.messagesAcknowledged += UInt64(acknowledged)
            $0.messagesRejected += UInt64(rejected)
            $0.messagesUnsettled -= acknowledged + rejected
        }
    }

    private func deliver(to consumption: Consumption, _ consumer: UInt64) -> Int {
        let taken = hub.step {
            $0.takeDeliveries(consumer, countMax: Self.deliveriesMax, now: SystemClock.monotonic())
        }
        if taken.isEmpty { return 0 }
        let messages = taken.map { tag, message in
            DeliveredMessage(
                tag: DeliveryTag(generation: 1, value: tag), body: message.body, contentType: message.contentType,
                isRedelivered: message.wasDelivered, deliveryCount: message.deliveryCount,
                earlierDeliveries: message.earlierDeliveries, exchange: message.exchange,
                routingKey: message.routingKey, traceparent: message.traceparent, tracestate: message.tracestate,
                timestampSeconds: message.timestampSeconds, death: message.death)
        }
        counters.update {
            $0.messagesConsumed += UInt64(messages.count)
            $0.messagesRedelivered += UInt64(messages.count { $0.isRedelivered })
            $0.bytesConsumed += messages.reduce(0) { $0 + UInt64($1.body.count) }
            $0.messagesUnsettled += messages.count
        }
        consumption.handler(messages)
        return messages.count
    }
}
