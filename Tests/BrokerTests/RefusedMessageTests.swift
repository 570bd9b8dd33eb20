import Broker
import Core
import TestBroker
import Testing

extension MistreatedNodeTests {
    /// Messages for which the broker closes the channel, and those that nobody may read.
    @Suite struct RefusedMessageTests {
        private let world: MistreatedNode
        private var node: RabbitMQNode { world.node }
        private var events: String { "events.\(world.suffix)" }
        private var dead: String { "dead.\(world.suffix)" }
        private var queue: String { "queue.\(world.suffix)" }

        init() throws { world = try MistreatedNode() }

        /// As the dispatcher's: what is rejected comes to the queue again, beside its copy among the dead letters.
        private func broker(messageBytesMax: Int = 200_000) throws -> AMQPBroker {
            var configuration = AMQPConfiguration(url: node.amqp, connectionName: "test \(world.suffix)")
            configuration.messageBytesMax = messageBytesMax
            return try AMQPBroker(
                configuration: configuration,
                topology: Topology(
                    exchanges: [Exchange(name: events, kind: .topic), Exchange(name: dead, kind: .topic)],
                    queues: [Queue(name: queue, deadLetterExchange: dead), Queue(name: dead)],
                    bindings: [
                        Binding(exchange: events, queue: queue, routingKey: "#"),
                        Binding(exchange: dead, queue: dead, routingKey: "#"),
                        Binding(exchange: dead, queue: queue, routingKey: "#"),
                    ]))
        }

        private var route: BrokerRoute { BrokerRoute(exchange: events, routingKey: "key", batchEventsMax: 1) }

        /// The exchange of one is not there. It is told so, and what goes with it, before and after, arrives in time.
        @Test func aMissingExchangeCostsNoOtherRouteItsMessages() throws {
            let broker = try broker()
            let outcomes = Outcomes()
            let missing = BrokerRoute(exchange: "missing.\(world.suffix)", routingKey: "key")
            broker.start()
            #expect(eventually { broker.isConnected })
            for number in 0..<20 {
                let route = number == 5 || number == 12 ? missing : route
                #expect(broker.publish(PublishGroup(route, "\(number)"), completion: outcomes.completion(number)))
            }
            #expect(eventually(seconds: 5) { (0..<20).allSatisfy { outcomes[$0] != nil } })
            for number in 0..<20 {
                #expect(outcomes[number] == (number == 5 || number == 12 ? .unroutable : .confirmed), "\(number)")
            }
            // What comes soon after does not even end the connection.
            let connects = broker.statistics.connects
            for number in 20..<40 {
                let route = number % 2 == 0 ? missing : route
                #expect(broker.publish(PublishGroup(route, "\(number)"), completion: outcomes.completion(number)))
            }
            #expect(eventually(seconds: 5) { (20..<40).allSatisfy { outcomes[$0] != nil } })
            #expect((20..<40).allSatisfy { outcomes[$0] == ($0 % 2 == 0 ? .unroutable : .confirmed) })
            #expect(broker.statistics.connects == connects)
            broker.stop(drainMilliseconds: 5000)
        }

        /// Over the broker's limit: 406, for each message of a group.
        @Test func aMessageThatTheBrokerFindsTooLargeIsRejectedAlone() throws {
            try node.control("eval", "application:set_env(rabbit, max_message_size, 1000).")
            defer { _ = try? node.control("eval", "application:set_env(rabbit, max_message_size, 134217728).") }
            let broker = try broker()
            let outcomes = Outcomes()
            broker.start()
            #expect(eventually { broker.isConnected })
            let large = String(repeating: "x", count: 1001)
            for number in 0..<10 {
                let group = number == 4 ? PublishGroup(route, large, large) : PublishGroup(route, "\(number)")
                #expect(broker.publish(group, completion: outcomes.completion(number)))
            }
            #expect(eventually(seconds: 5) { (0..<10).allSatisfy { outcomes[$0] != nil } })
            for number in 0..<10 { #expect(outcomes[number] == (number == 4 ? .refused : .confirmed), "\(number)") }
            // Once together, and once for each of the two alone.
            #expect(eventually { broker.isConnected && broker.statistics.connects == 4 })
            broker.stop(drainMilliseconds: 5000)
        }

        /// The next connection declares it.
        @Test func anExchangeThatWasDeletedIsThereAgain() throws {
            let broker = try broker()
            let inbox = Inbox(broker)
            broker.consume(queue: queue, prefetch: 10) { inbox.receive($0) }
            broker.start()
            #expect(eventually { broker.isConnected })
            try node.control(
                "eval",
                "rabbit_exchange:delete(rabbit_misc:r(<<\"/\">>, exchange, <<\"\(events)\">>), false, <<\"test\">>).")
            let outcomes = Outcomes()
            for number in 0..<3 {
                #expect(broker.publish(PublishGroup(route, "\(number)"), completion: outcomes.completion(number)))
            }
            #expect(eventually { (0..<3).allSatisfy { outcomes[$0] == .confirmed } })
            #expect(eventually { Set(inbox.bodies) == ["0", "1", "2"] })
            broker.stop(drainMilliseconds: 5000)
        }

        /// A rejected message comes back by the dead-letter exchange, where its copy is already.
        @Test func tooLargeGoesRoundOnce() throws {
            let broker = try broker()
            let inbox = Inbox(broker)
            let diagnostics = Mutex<[BrokerDiagnostic]>([])
            broker.onDiagnostic = { diagnostic in diagnostics.withLock { $0.append(diagnostic) } }
            broker.consume(queue: queue, prefetch: 10) { inbox.receive($0) }
            broker.start()
            let outcomes = Outcomes()
            let large = String(repeating: "x", count: 200_001)
            #expect(broker.publish(PublishGroup(route, large), completion: outcomes.completion(1)))
            #expect(eventually { diagnostics.withLock { $0.count { $0.kind == .messageTooLarge } } == 2 })
            #expect(broker.publish(PublishGroup(route, "small"), completion: outcomes.completion(2)))
            #expect(eventually { inbox.bodies == ["small"] })
            settle(milliseconds: 500)
            #expect(diagnostics.withLock { $0.count { $0.kind == .messageTooLarge } } == 2)
            broker.stop(drainMilliseconds: 5000)
            let reader = try self.broker(messageBytesMax: 1 << 24)
            let letters = Inbox(reader)
            reader.consume(queue: dead, prefetch: 10) { letters.receive($0) }
            reader.start()
            #expect(eventually { letters.all.map(\.body.count) == [200_001] })
            reader.stop(drainMilliseconds: 5000)
        }
    }
}
