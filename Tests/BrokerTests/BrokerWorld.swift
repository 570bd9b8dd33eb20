import Broker
import Core
import TestBroker
import Testing

/// One broker node as a test sees it, with names of the test's own, and the broker objects made on it.
final class BrokerWorld {
    let kind: BrokerKind
    let hub = InMemoryHub()
    private let url: String
    /// Makes the names of this test unlike those of every other on the same node.
    private let suffix: String
    private var brokers: [any MessageBroker] = []

    init(_ kind: BrokerKind) throws {
        self.kind = kind
        url = kind == .rabbitMQ ? try RabbitMQNode.sharedURL() : ""
        var random = RandomSource()
        suffix = String(random.next(), radix: 36)
    }

    deinit {
        for broker in brokers { broker.stop(drainMilliseconds: 0) }
    }

    func name(_ text: String) -> String { "test.\(text).\(suffix)" }

    func broker(_ topology: Topology, limits: PublishLimits = PublishLimits()) throws -> any MessageBroker {
        let broker: any MessageBroker
        switch kind {
        case .inMemory: broker = try InMemoryBroker(hub: hub, topology: topology, limits: limits)
        case .rabbitMQ:
            var configuration = AMQPConfiguration(url: url, connectionName: "test \(suffix)")
            configuration.limits = limits
            broker = try AMQPBroker(configuration: configuration, topology: topology)
        }
        brokers.append(broker)
        return broker
    }

    /// A started broker object that consumes a queue into an inbox. It is connected: a quorum queue that is declared twice
    /// at the same time answers the second declaration before it has a leader, and refuses what is published until then.
    func consumer(
        _ topology: Topology, queue: String, prefetch: Int = 100, acknowledges: Bool = true
    ) throws -> (broker: any MessageBroker, inbox: Inbox) {
        let broker = try broker(topology)
        let inbox = Inbox(acknowledges ? broker : nil)
        broker.consume(queue: queue, prefetch: prefetch) { inbox.receive($0) }
        broker.start()
        try #require(eventually { broker.isConnected })
        return (broker, inbox)
    }

    /// A topic exchange, a queue bound to it with `#`, and a queue for its dead letters.
    func simpleTopology(
        deliveryLimit: Int? = nil, messageTTLMilliseconds: Int? = nil, lengthMax: Int? = nil
    ) -> Topology {
        Topology(
            exchanges: [Exchange(name: name("events"), kind: .topic), Exchange(name: name("dead"), kind: .topic)],
            queues: [
                Queue(
                    name: name("queue"), deadLetterExchange: name("dead"), deliveryLimit: deliveryLimit,
                    messageTTLMilliseconds: messageTTLMilliseconds, lengthMax: lengthMax),
                Queue(name: name("dead")),
            ],
            bindings: [
                Binding(exchange: name("events"), queue: name("queue"), routingKey: "#"),
                Binding(exchange: name("dead"), queue: name("dead"), routingKey: "#"),
            ])
    }

    func route(
        _ routingKey: String = "key", isMandatory: Bool = true, batchEventsMax: Int = 256,
        batchBytesMax: Int = 128 << 10
    ) -> BrokerRoute {
        BrokerRoute(
            exchange: name("events"), routingKey: routingKey, isMandatory: isMandatory, batchEventsMax: batchEventsMax,
            batchBytesMax: batchBytesMax)
    }
}
