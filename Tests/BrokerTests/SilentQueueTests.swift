import Broker
import Core
import TestBroker
import Testing

extension MistreatedNodeTests {
    /// A quorum queue whose leader stands still takes messages and confirms none, as one without a majority does.
    @Suite struct SilentQueueTests {
        private let world: MistreatedNode
        private var node: RabbitMQNode { world.node }
        private var suffix: String { world.suffix }

        init() throws { world = try MistreatedNode() }

        private func broker(_ change: (inout PublishLimits) -> Void) throws -> AMQPBroker {
            var configuration = AMQPConfiguration(url: node.amqp, connectionName: "test \(suffix)")
            change(&configuration.limits)
            return try AMQPBroker(
                configuration: configuration,
                topology: Topology(
                    exchanges: [Exchange(name: "events.\(suffix)", kind: .topic)],
                    queues: [Queue(name: "silent.\(suffix)"), Queue(name: "sound.\(suffix)")],
                    bindings: [
                        Binding(exchange: "events.\(suffix)", queue: "silent.\(suffix)", routingKey: "silent"),
                        Binding(exchange: "events.\(suffix)", queue: "sound.\(suffix)", routingKey: "sound"),
                    ]))
        }

        private func route(_ key: String) -> BrokerRoute {
            BrokerRoute(exchange: "events.\(suffix)", routingKey: key, batchEventsMax: 1)
        }

        /// Connects, and publishes to both queues: with a queue's first message a channel waits for its leader, and all behind it.
        private func start(_ broker: AMQPBroker) {
            broker.start()
            let outcomes = Outcomes()
            for (number, key) in ["silent", "sound"].enumerated() {
                let group = PublishGroup(route(key), "first", deadlineSeconds: 60)
                #expect(broker.publish(group, completion: outcomes.completion(number)))
            }
            #expect(eventually { outcomes.count == 2 })
        }

        private func leader(_ verb: String) throws {
            try node.control(
                "eval",
                """
                {ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"silent.\(suffix)">>)),
                {Name, _} = amqqueue:get_pid(Q), ok = sys:\(verb)(Name).
                """)
        }

        @Test func itStopsNoOtherRoute() throws {
            let broker = try broker { $0.messagesUnconfirmedMax = 8 }
            start(broker)
            try leader("suspend")
            let (silent, sound) = (Outcomes(), Outcomes())
            let (silentRoute, soundRoute) = (route("silent"), route("sound"))
            for number in 0..<100 {
                #expect(
                    broker.publish(
                        PublishGroup(silentRoute, "\(number)", deadlineSeconds: 60),
                        completion: silent.completion(number)))
            }
            #expect(eventually { broker.statistics.messagesPublished == 6 })
            for number in 0..<100 {
                #expect(
                    broker.publish(
                        PublishGroup(soundRoute, "\(number)", deadlineSeconds: 60), completion: sound.completion(number)
                    ))
            }
            #expect(eventually { sound.count == 100 })
            #expect(silent.count == 0 && broker.statistics.messagesPublished == 106)
            try leader("resume")
            #expect(eventually { silent.count == 100 })
            #expect((0..<100).allSatisfy { silent[$0] == .confirmed && sound[$0] == .confirmed })
            #expect(broker.statistics.connectionsLost == 0)
            broker.stop(drainMilliseconds: 5000)
        }

        @Test func aConfirmThatNeverComesEndsTheConnection() throws {
            let broker = try broker { $0.confirmMillisecondsMax = 1500 }
            start(broker)
            try leader("suspend")
            let outcomes = Outcomes()
            let silentRoute = route("silent")
            let begin = SystemClock.monotonic()
            let unwanted = PublishGroup(
                route: silentRoute, event: [0x31], deadline: begin.advanced(byMilliseconds: 300))
            #expect(broker.publish(unwanted, completion: outcomes.completion(1)))
            #expect(
                broker.publish(PublishGroup(silentRoute, "2", deadlineSeconds: 60), completion: outcomes.completion(2)))
            #expect(eventually { outcomes[1] == .unavailable })
            #expect(broker.statistics.connectionsLost == 0)
            #expect(eventually { broker.statistics.connectionsLost == 1 })
            try leader("resume")
            #expect(eventually(seconds: 30) { outcomes[2] == .confirmed })
            broker.stop(drainMilliseconds: 5000)
        }
    }
}
