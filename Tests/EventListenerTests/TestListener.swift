import Broker
import CloudEvents
import Core
import EventListener
import Telemetry
import TestBroker
import TestSupport

/// An event listener on the in-memory broker, and both of the queues its events can end in.
final class TestListener {
    static let queue = "service"

    let hub = InMemoryHub()
    let broker: FaultyBroker
    let listener: EventListener
    let answers: Inbox
    let deadLetters: Inbox
    private let registry = MetricsRegistry()
    private let publisher: InMemoryBroker
    private var brokers: [InMemoryBroker] = []
    private var isStopped = false

    /// - Parameters:
    ///   - starts: otherwise what is published waits for `start`.
    ///   - brokerWaitMilliseconds: at 0 nothing is published a second time.
    init(
        faults: [FaultyBroker.Fault] = [], starts: Bool = true, deliveryLimit: Int = 5,
        brokerWaitMilliseconds: UInt64 = 30_000, handler: @escaping EventListener.Handler
    ) throws {
        let topology = StandardTopology.service(
            queue: Self.queue, bindings: ["Request"], deliveryLimit: deliveryLimit)
        let hub = hub
        func inbox(_ queue: String, ignoringDeadLetters: Bool) throws -> (InMemoryBroker, Inbox) {
            let broker = try InMemoryBroker(hub: hub, topology: topology)
            let inbox = Inbox(acknowledging: broker, ignoringDeadLetters: ignoringDeadLetters)
            broker.consume(queue: queue, prefetch: 1000) { inbox.receive($0) }
            return (broker, inbox)
        }
        let answering = try inbox(StandardTopology.responsesQueue, ignoringDeadLetters: true)
        let burying = try inbox(StandardTopology.deadLetterQueue, ignoringDeadLetters: false)
        (answers, deadLetters) = (answering.1, burying.1)
        publisher = try InMemoryBroker(hub: hub, topology: topology)
        brokers = [answering.0, burying.0, publisher]
        for other in brokers {
            other.start()
            Polling.until { other.isConnected }
        }
        broker = FaultyBroker(try InMemoryBroker(hub: hub, topology: topology), faults: faults)
        listener = EventListener(
            service: "service", queue: Self.queue, prefetch: 100, broker: broker,
            logger: Logger(service: "test", level: .error, format: .json), registry: registry,
            deliveryLimit: deliveryLimit, brokerWaitMilliseconds: brokerWaitMilliseconds, handler: handler)
        if starts { start() }
    }

    deinit {
        stop(drainMilliseconds: 0)
        for broker in brokers { broker.stop(drainMilliseconds: 0) }
    }

    func start() {
        listener.start()
        Polling.until { [listener] in listener.isConnected }
    }

    func stop(drainMilliseconds: Int) {
        guard !isStopped else { return }
        isStopped = true
        listener.stop(drainMilliseconds: drainMilliseconds)
    }

    static func event(_ id: String, _ more: String = "") -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"Request"\#(more)}"#
    }

    /// One message for each.
    func publish(_ bodies: String...) {
        let route = BrokerRoute(exchange: StandardTopology.eventsExchange, routingKey: "Request", batchEventsMax: 1)
        for body in bodies { post(PublishGroup(route: route, event: Array(body.utf8), deadline: Self.deadline)) }
    }

    /// All in one message.
    func publishTogether(_ events: [String]) {
        var bytes: [UInt8] = []
        var ends: [Int32] = []
        for event in events {
            if !bytes.isEmpty { bytes.append(0x2C) }
            bytes += Array(event.utf8)
            ends.append(Int32(bytes.count))
        }
        let route = BrokerRoute(exchange: StandardTopology.eventsExchange, routingKey: "Request")
        post(PublishGroup(route: route, events: bytes, ends: ends, deadline: Self.deadline))
    }

    private static var deadline: MonotonicInstant { SystemClock.monotonic().advanced(byMilliseconds: 5000) }

    private func post(_ group: PublishGroup) {
        let outcome = Mutex<PublishOutcome?>(nil)
        _ = publisher.publish(group) { result in outcome.withLock { $0 = result } }
        Polling.until { outcome.withLock { $0 } == .confirmed }
    }

    func metric(_ name: String) -> Int {
        let text = String(decoding: registry.prometheusText(), as: UTF8.self)
        let found = text.split(separator: "\n").first { $0.hasPrefix("switchboard_listener_\(name) ") }
        return found.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
    }

    var isSettled: Bool {
        hub.messageCount(inQueue: Self.queue) == 0 && broker.statistics.messagesUnsettled == 0
    }
}
