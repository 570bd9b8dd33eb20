import Core
import Glibc

/// RabbitMQ, over AMQP 0-9-1: one connection and thread that publishes with confirms, one that consumes with manual
/// acknowledgements. Each connects by itself, and again after a loss, in any order of start; the topology is declared at
/// every connection. What was published and not confirmed when a connection was lost is published again on the next.
public final class AMQPBroker: MessageBroker {
    /// How often `stop` looks whether all is drained.
    private static let drainPollMicroseconds: useconds_t = 2000

    private struct Parts: Sendable {
        var consumption: Consumption?
        var deliveries: Mutex<DeliveryChannel>?
        var threads: [Thread] = []
    }

    private let control: AMQPControl
    private let publisherWake: WakeSignal
    private let consumerWake: WakeSignal
    private let intake: PublishIntake
    private let publishing: Mutex<PublishChannel>
    private let parts = Mutex(Parts())

    /// Connects to nothing yet.
    public init(configuration: AMQPConfiguration, topology: Topology) throws(BrokerConfigurationError) {
        try configuration.validate()
        try topology.validate()
        control = AMQPControl(
            configuration: configuration, address: try AMQPAddress(url: configuration.url), topology: topology)
        do throws(SystemError) {
            publisherWake = try WakeSignal()
            consumerWake = try WakeSignal()
        } catch {
            throw .noThread(error.description)
        }
        intake = PublishIntake(limits: configuration.limits, wake: publisherWake)
        publishing = Mutex(PublishChannel(control: control, intake: intake))
        if !configuration.publishes { intake.close() }
    }

    public func publish(_ group: PublishGroup, completion: @escaping @Sendable (PublishOutcome) -> Void) -> Bool {
        // A lone group needs no other thread to be woken for it. Whoever is at the channel leaves the group to the thread.
        if intake.isIdle,
            let needsThread = publishing.withLockIfFree({ $0.publishDirectly(group, completion: completion) }) ?? nil
        {
            if needsThread { publisherWake.signal() }
            return true
        }
        return intake.post(group, completion: completion)
    }

    public func consume(
        queue: String, prefetch: Int, suspectReturns: Int?, handler: @escaping @Sendable ([DeliveredMessage]) -> Void
    ) {
        precondition((1...65_535).contains(prefetch), "prefetch is 1 to 65,535")
        precondition(control.phase == .idle, "consume comes before start")
        let consumption = Consumption(
            queue: queue, prefetch: prefetch, suspectReturns: suspectReturns, handler: handler,
            settlements: SettlementIntake(prefetch: prefetch, wake: consumerWake))
        let deliveries = Mutex(
            DeliveryChannel(control: control, consumption: consumption))
        parts.withLock {
            precondition($0.consumption == nil, "consume comes once")
            $0.consumption = consumption
            $0.deliveries = deliveries
        }
    }

    public func acknowledge(_ tag: DeliveryTag, multiple: Bool) {
        settle(Settlement(tag: tag, kind: multiple ? .acknowledgeThrough : .acknowledge))
    }

    public func reject(_ tag: DeliveryTag, requeue: Bool) {
        settle(Settlement(tag: tag, kind: requeue ? .requeue : .discard))
    }

    private func settle(_ settlement: Settlement) {
        let (settlements, deliveries) = parts.withLock { ($0.consumption?.settlements, $0.deliveries) }
        guard let settlements, let deliveries else { return }
        if let needsThread = deliveries.withLockIfFree({ $0.settleDirectly(settlement) }) ?? nil {
            if needsThread { consumerWake.signal() }
        } else if !settlements.post(settlement) {
            control.observers.report(
                .acknowledgementDropped, "deliveries were settled more often than once; the surplus is dropped")
        }
    }

    public func start() {
        precondition(control.phase == .idle, "start comes once")
        control.enter(.running)
        let (consumption, deliveries) = parts.withLock { ($0.consumption, $0.deliveries) }
        // Both are connecting before either can be connected, so that no state between is reported.
        if control.configuration.publishes { control.report(.publisher, .connecting) }
        if consumption != nil { control.report(.consumer, .connecting) }
        if control.configuration.publishes {
            startThread("amqp-publish") { [control, publishing, publisherWake] in
                AMQPPublisher(control: control, channel: publishing, wake: publisherWake).run()
            }
        }
        if let consumption, let deliveries {
            startThread("amqp-consume") { [control, consumerWake] in
                AMQPConsumer(
                    control: control, consumption: consumption, channel: deliveries, wake: consumerWake
                ).run()
            }
        }
    }

    private func startThread(_ name: String, _ run: @escaping @Sendable () -> Void) {
        do {
            let thread = try Thread(name: name, run)
            parts.withLock { $0.threads.append(thread) }
        } catch {
            control.observers.report(.connectFailed, "a broker thread can't be started: \(error)")
        }
    }

    public func stop(drainMilliseconds: Int) {
        let wasRunning = control.phase == .running
        let end = SystemClock.monotonic().advanced(byMilliseconds: UInt64(max(0, drainMilliseconds)))
        enter(.draining)
        while wasRunning, !isDrained, SystemClock.monotonic() < end { usleep(Self.drainPollMicroseconds) }
        enter(.finishing)
        let threads = parts.withLock { parts -> [Thread] in
            defer { parts.threads = [] }
            return parts.threads
        }
        for thread in threads { thread.join() }
        // Only if there was no publishing thread is anything left.
        publishing.withLock { $0.giveUpAll() }
        control.observers.report(.stopped)
    }

    private var isDrained: Bool { intake.isIdle && control.counters.snapshot.messagesUnsettled == 0 }

    private func enter(_ phase: AMQPControl.Phase) {
        control.enter(phase)
        publisherWake.signal()
        consumerWake.signal()
    }

    public var isConnected: Bool { control.observers.state == .connected }

    public var onStateChange: (@Sendable (BrokerState) -> Void)? {
        get { control.observers.onStateChange }
        set { control.observers.onStateChange = newValue }
    }

    public var onDiagnostic: (@Sendable (BrokerDiagnostic) -> Void)? {
        get { control.observers.onDiagnostic }
        set { control.observers.onDiagnostic = newValue }
    }

    public var statistics: BrokerStatistics {
        var statistics = control.counters.snapshot
        intake.count(into: &statistics)
        return statistics
    }
}
