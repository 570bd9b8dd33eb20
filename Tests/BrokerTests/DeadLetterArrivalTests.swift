import Broker
import Core
import TestBroker
import Testing

extension MistreatedNodeTests {
    /// RabbitMQ's default loses a dead letter that no queue takes (dead-letter strategy `at-most-once`).
    @Suite struct DeadLetterArrivalTests {
        private let world: MistreatedNode
        private var node: RabbitMQNode { world.node }
        private var suffix: String { world.suffix }

        init() throws { world = try MistreatedNode() }

        /// - Parameter hasTarget: a queue for dead letters.
        private func broker(hasTarget: Bool) throws -> AMQPBroker {
            let (events, dead) = ("events.\(suffix)", "dead.\(suffix)")
            let target = hasTarget ? [Queue(name: dead)] : []
            return try AMQPBroker(
                configuration: AMQPConfiguration(url: node.amqp, connectionName: "test \(suffix)"),
                topology: Topology(
                    exchanges: [Exchange(name: events, kind: .topic), Exchange(name: dead, kind: .topic)],
                    queues: [Queue(name: "queue.\(suffix)", deadLetterExchange: dead)] + target,
                    bindings: [Binding(exchange: events, queue: "queue.\(suffix)", routingKey: "#")]
                        + target.map { Binding(exchange: dead, queue: $0.name, routingKey: "#") }))
        }

        @Test func aDeadLetterWaitsForAQueue() throws {
            // How often RabbitMQ tries again; 180 s if nobody says otherwise.
            try node.control("eval", "application:set_env(rabbit, dead_letter_worker_publisher_confirm_timeout, 1000).")
            let publisher = try broker(hasTarget: false)
            publisher.start()
            let outcomes = Outcomes()
            let group = PublishGroup(
                route: BrokerRoute(exchange: "events.\(suffix)", routingKey: "key"), event: [0x31],
                expirationMilliseconds: 50, deadline: SystemClock.monotonic().advanced(byMilliseconds: 10_000))
            #expect(publisher.publish(group, completion: outcomes.completion()))
            #expect(eventually { outcomes[0] == .confirmed })
            settle(milliseconds: 500)
            publisher.stop(drainMilliseconds: 5000)
            let consumer = try broker(hasTarget: true)
            let inbox = Inbox(consumer)
            consumer.consume(queue: "dead.\(suffix)", prefetch: 10) { inbox.receive($0) }
            consumer.start()
            #expect(eventually(seconds: 20) { inbox.bodies == ["1"] })
            consumer.stop(drainMilliseconds: 5000)
        }
    }
}
