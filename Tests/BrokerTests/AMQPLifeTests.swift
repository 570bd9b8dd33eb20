import Broker
import Core
import Glibc
import TestBroker
import Testing

extension MistreatedNodeTests {
    /// What only a broker beyond a network does: it is away, comes back, stalls, refuses. One at a time, as they share a node.
    @Suite struct AMQPLifeTests {
        private let world: MistreatedNode
        private var node: RabbitMQNode { world.node }
        private var suffix: String { world.suffix }

        init() throws { world = try MistreatedNode() }

        private var topology: Topology {
            Topology(
                exchanges: [Exchange(name: "events.\(suffix)", kind: .topic)],
                queues: [Queue(name: "queue.\(suffix)")],
                bindings: [Binding(exchange: "events.\(suffix)", queue: "queue.\(suffix)", routingKey: "#")])
        }

        private func route(batchEventsMax: Int = 256) -> BrokerRoute {
            BrokerRoute(exchange: "events.\(suffix)", routingKey: "key", batchEventsMax: batchEventsMax)
        }

        private func broker(
            graceMilliseconds: Int = 60_000, _ change: (inout AMQPConfiguration) -> Void = { _ in }
        ) throws -> AMQPBroker {
            var configuration = AMQPConfiguration(url: node.amqp, connectionName: "test \(suffix)")
            configuration.limits.unavailableGraceMilliseconds = graceMilliseconds
            change(&configuration)
            return try AMQPBroker(configuration: configuration, topology: topology)
        }

        /// Publishes numbered events one by one until told to stop; answers how many.
        private func publishContinuously(
            _ broker: AMQPBroker, _ outcomes: Outcomes, while isWanted: @escaping @Sendable () -> Bool
        ) throws -> (thread: Thread, count: Mutex<Int>) {
            let count = Mutex(0)
            let route = route(batchEventsMax: 8)
            let thread = try Thread(name: "load") {
                var number = 0
                while isWanted() {
                    if broker.publish(
                        PublishGroup(route, "\(number)", deadlineSeconds: 60), completion: outcomes.completion(number))
                    {
                        number += 1
                    }
                    usleep(200)
                }
                count.withLock { $0 = number }
            }
            return (thread, count)
        }

        @Test(arguments: ["kill", "stop"])
        func nothingIsLostOverARestart(_ how: String) throws {
            let publisher = try broker()
            let consumer = try broker()
            let inbox = Inbox(consumer)
            consumer.consume(queue: "queue.\(suffix)", prefetch: 50) { inbox.receive($0) }
            consumer.start()
            publisher.start()
            let outcomes = Outcomes()
            let isWanted = Mutex(true)
            let (thread, count) = try publishContinuously(publisher, outcomes) { isWanted.withLock { $0 } }
            #expect(eventually { inbox.count > 200 })
            // RabbitMQ 3.10 forgets the members of a quorum queue that is killed within seconds of its declaration, and such a
            // queue never has a leader again: not what this test is about.
            settle(milliseconds: 5000)
            if how == "kill" { try node.kill() } else { try node.stop() }
            #expect(eventually { !publisher.isConnected && !consumer.isConnected })
            try node.start()
            #expect(eventually(seconds: 30) { publisher.isConnected && consumer.isConnected })
            let received = inbox.count
            #expect(eventually { inbox.count > received + 200 })
            isWanted.withLock { $0 = false }
            thread.join()
            let sent = count.withLock { $0 }
            #expect(eventually(seconds: 30) { outcomes.count == sent })
            #expect(outcomes.count(of: .confirmed) == sent && outcomes.repeated == 0)
            #expect(eventually(seconds: 30) { Set(inbox.events).count == sent })
            #expect(Set(inbox.events) == Set((0..<sent).map(String.init)))
            #expect(publisher.statistics.connects >= 2 && publisher.statistics.connectionsLost >= 1)
            publisher.stop(drainMilliseconds: 5000)
            consumer.stop(drainMilliseconds: 5000)
        }

        /// RabbitMQ ends a connection of which it heard nothing for two heartbeats.
        @Test func aHandlerMayTakeLongerThanAHeartbeat() throws {
            let broker = try broker { $0.heartbeatSeconds = 1 }
            let handled = Mutex<[String]>([])
            broker.consume(queue: "queue.\(suffix)", prefetch: 10) { [weak broker] messages in
                usleep(6_000_000)
                handled.withLock { $0 += messages.map { String(decoding: $0.body, as: UTF8.self) } }
                for message in messages { broker?.acknowledge(message.tag, multiple: false) }
            }
            broker.start()
            let outcomes = Outcomes()
            #expect(broker.publish(PublishGroup(route(), "1"), completion: outcomes.completion()))
            #expect(eventually(seconds: 20) { broker.statistics.messagesAcknowledged == 1 })
            settle(milliseconds: 500)
            #expect(handled.withLock { $0 } == ["1"] && broker.statistics.connectionsLost == 0)
            broker.stop(drainMilliseconds: 5000)
        }

        @Test func theBrokerMayComeLast() throws {
            try node.stop()
            let diagnostics = Mutex<[BrokerDiagnostic]>([])
            let broker = try broker()
            let inbox = Inbox(broker)
            broker.onDiagnostic = { diagnostic in diagnostics.withLock { $0.append(diagnostic) } }
            broker.consume(queue: "queue.\(suffix)", prefetch: 10) { inbox.receive($0) }
            let outcomes = Outcomes()
            broker.start()
            #expect(broker.publish(PublishGroup(route(), "1", deadlineSeconds: 60), completion: outcomes.completion()))
            #expect(eventually { diagnostics.withLock { $0.contains { $0.kind == .connectFailed } } })
            settle(milliseconds: 500)
            #expect(outcomes.count == 0)
            // The failure repeats itself and is reported once for each connection.
            #expect(diagnostics.withLock { $0.count { $0.kind == .connectFailed } } == 2)
            try node.start()
            #expect(eventually(seconds: 30) { inbox.bodies == ["1"] && outcomes[0] == .confirmed })
            broker.stop(drainMilliseconds: 5000)
        }

        @Test func withoutABrokerWhatWaitsIsGivenUpInTime() throws {
            let broker = try broker(graceMilliseconds: 1000) { $0.url = "amqp://127.0.0.1:1/" }
            let outcomes = Outcomes()
            broker.start()
            let begin = SystemClock.monotonic()
            let soon = PublishGroup(route: route(), event: [0x31], deadline: begin.advanced(byMilliseconds: 300))
            #expect(broker.publish(soon, completion: outcomes.completion(1)))
            #expect(broker.publish(PublishGroup(route(), "2"), completion: outcomes.completion(2)))
            #expect(eventually { outcomes[1] == .unavailable })
            #expect((300..<800).contains(SystemClock.monotonic().milliseconds(since: begin)))
            #expect(outcomes[2] == nil)
            #expect(eventually { outcomes[2] == .unavailable })
            #expect((1000..<1500).contains(SystemClock.monotonic().milliseconds(since: begin)))
            #expect(broker.statistics.groupsUnavailable == 2 && broker.statistics.eventsWaiting == 0)
            broker.stop(drainMilliseconds: 0)
        }

        /// librabbitmq 0.11 reads before it publishes when nothing has come for two heartbeats, and waits for ever.
        @Test func publishingToASilentBrokerDoesNotBlock() throws {
            let broker = try broker(graceMilliseconds: 1000) {
                $0.heartbeatSeconds = 1
                $0.connectTimeoutMilliseconds = 1000
            }
            broker.start()
            #expect(eventually { broker.isConnected })
            node.freeze(true)
            defer { node.freeze(false) }
            let outcomes = Outcomes()
            let isWanted = Mutex(true)
            // So little that the sockets take all of it, and so often that a publish is due when the second heartbeat is missed.
            let (thread, count) = try publishContinuously(broker, outcomes) { isWanted.withLock { $0 } }
            #expect(eventually { broker.statistics.connectionsLost == 1 })
            isWanted.withLock { $0 = false }
            thread.join()
            #expect(eventually { outcomes.count == count.withLock { $0 } })
            node.freeze(false)
            #expect(eventually(seconds: 30) { broker.isConnected })
            broker.stop(drainMilliseconds: 5000)
        }

        @Test func aStalledBrokerIsLeft() throws {
            let broker = try broker(graceMilliseconds: 1000) {
                $0.sendTimeoutMilliseconds = 1000
                $0.connectTimeoutMilliseconds = 1000
            }
            broker.start()
            #expect(eventually { broker.isConnected })
            let outcomes = Outcomes()
            node.freeze(true)
            defer { node.freeze(false) }
            // More than the sockets' buffers hold, so that a publish blocks in the middle.
            let event = String(repeating: "x", count: 1 << 20)
            for number in 0..<40 {
                #expect(broker.publish(PublishGroup(route(), event), completion: outcomes.completion(number)))
            }
            #expect(eventually(seconds: 15) { broker.statistics.connectionsLost == 1 })
            #expect(eventually(seconds: 15) { outcomes.count(of: .unavailable) == 40 })
            node.freeze(false)
            #expect(eventually(seconds: 15) { broker.isConnected })
            #expect(broker.publish(PublishGroup(route(), "1"), completion: outcomes.completion(40)))
            #expect(eventually { outcomes[40] == .confirmed })
            broker.stop(drainMilliseconds: 5000)
        }

        @Test func aLoneEventIsGivenUpInTimeAfterASilence() throws {
            // So the publishing thread would sleep for a minute by itself.
            let broker = try broker { $0.heartbeatSeconds = 180 }
            broker.start()
            #expect(eventually { broker.isConnected })
            let outcomes = Outcomes()
            #expect(broker.publish(PublishGroup(route(), "0"), completion: outcomes.completion(0)))
            #expect(eventually { outcomes[0] == .confirmed })
            settle(milliseconds: 500)
            node.freeze(true)
            defer { node.freeze(false) }
            #expect(broker.publish(PublishGroup(route(), "1", deadlineSeconds: 1), completion: outcomes.completion(1)))
            #expect(eventually { outcomes[1] == .unavailable })
            node.freeze(false)
            #expect(broker.publish(PublishGroup(route(), "2"), completion: outcomes.completion(2)))
            #expect(eventually { outcomes[2] == .confirmed })
            #expect(outcomes.repeated == 0 && broker.statistics.connectionsLost == 0)
            broker.stop(drainMilliseconds: 5000)
        }

        @Test func missedHeartbeatsEndTheConnection() throws {
            let broker = try broker {
                $0.heartbeatSeconds = 1
                $0.connectTimeoutMilliseconds = 1000
            }
            broker.start()
            #expect(eventually { broker.isConnected })
            settle(milliseconds: 3500)
            #expect(broker.statistics.connectionsLost == 0)
            node.freeze(true)
            defer { node.freeze(false) }
            #expect(eventually(seconds: 10) { broker.statistics.connectionsLost == 1 })
            node.freeze(false)
            #expect(eventually(seconds: 15) { broker.isConnected })
            broker.stop(drainMilliseconds: 0)
        }

        @Test func anAlarmHoldsPublishingBack() throws {
            let states = Mutex<[BrokerState]>([])
            let broker = try broker(graceMilliseconds: 500)
            broker.onStateChange = { state in states.withLock { $0.append(state) } }
            broker.start()
            #expect(eventually { broker.isConnected })
            try node.control("set_vm_memory_high_watermark", "0.00001")
            let outcomes = Outcomes()
            // The broker blocks a connection when it publishes.
            #expect(broker.publish(PublishGroup(route(), "1"), completion: outcomes.completion(1)))
            #expect(eventually { states.withLock { $0.last } == .blocked })
            #expect(!broker.isConnected)
            #expect(broker.publish(PublishGroup(route(), "2"), completion: outcomes.completion(2)))
            #expect(eventually { outcomes[2] == .unavailable })
            try node.control("set_vm_memory_high_watermark", "0.4")
            #expect(eventually { broker.isConnected })
            #expect(broker.publish(PublishGroup(route(), "3"), completion: outcomes.completion(3)))
            #expect(eventually { outcomes[3] == .confirmed })
            #expect(outcomes.repeated == 0)
            broker.stop(drainMilliseconds: 5000)
        }

        @Test func aDeletedQueueIsDeclaredAgain() throws {
            let diagnostics = Mutex<[BrokerDiagnostic]>([])
            let broker = try broker()
            let inbox = Inbox(broker)
            broker.onDiagnostic = { diagnostic in diagnostics.withLock { $0.append(diagnostic) } }
            broker.consume(queue: "queue.\(suffix)", prefetch: 10) { inbox.receive($0) }
            broker.start()
            #expect(eventually { broker.isConnected })
            try node.control("delete_queue", "queue.\(suffix)")
            #expect(eventually { diagnostics.withLock { $0.contains { $0.kind == .consumerCancelled } } })
            #expect(eventually { broker.isConnected && broker.statistics.connects == 3 })
            let outcomes = Outcomes()
            #expect(broker.publish(PublishGroup(route(), "1"), completion: outcomes.completion()))
            #expect(eventually { inbox.bodies == ["1"] && outcomes[0] == .confirmed })
            broker.stop(drainMilliseconds: 5000)
        }

        @Test func tooLargeIsRejectedUnread() throws {
            let broker = try broker { $0.messageBytesMax = 200_000 }
            let inbox = Inbox(broker)
            let diagnostics = Mutex<[BrokerDiagnostic]>([])
            broker.onDiagnostic = { diagnostic in diagnostics.withLock { $0.append(diagnostic) } }
            broker.consume(queue: "queue.\(suffix)", prefetch: 10) { inbox.receive($0) }
            broker.start()
            let outcomes = Outcomes()
            for (number, size) in [200_000, 200_001, 3].enumerated() {
                let event = String(repeating: "x", count: size)
                #expect(broker.publish(PublishGroup(route(), event), completion: outcomes.completion(number)))
                #expect(eventually { outcomes[number] == .confirmed })
            }
            #expect(eventually { inbox.count == 2 })
            #expect(inbox.all.map(\.body.count) == [200_000, 3])
            #expect(diagnostics.withLock { $0.count { $0.kind == .messageTooLarge } } == 1)
            broker.stop(drainMilliseconds: 5000)
        }

        /// At the front of the queue, where messages are asked for one by one: nobody is handed it, and the next one comes.
        @Test func tooLargeDoesNotHoldUpWhoLooksForSuspects() throws {
            let publisher = try broker()
            publisher.start()
            let outcomes = Outcomes()
            for (number, size) in [200_001, 200_002, 3].enumerated() {
                let event = String(repeating: "x", count: size)
                #expect(publisher.publish(PublishGroup(route(), event), completion: outcomes.completion(number)))
                #expect(eventually { outcomes[number] == .confirmed })
            }
            publisher.stop(drainMilliseconds: 5000)
            let consumer = try broker { $0.messageBytesMax = 200_000 }
            let inbox = Inbox(consumer)
            consumer.consume(queue: "queue.\(suffix)", prefetch: 10, suspectReturns: 2) { inbox.receive($0) }
            consumer.start()
            #expect(eventually { inbox.count == 1 })
            #expect(inbox.all.map(\.body.count) == [3])
            consumer.stop(drainMilliseconds: 5000)
        }

        @Test func wrongCredentialsAreToldClearly() throws {
            for (url, words) in [
                (node.amqp.replacing("guest:guest", with: "guest:secret"), ["refuses user guest", "403"]),
                (node.amqp + "nowhere", ["virtual host nowhere", "530"]),
            ] {
                let diagnostics = Mutex<[BrokerDiagnostic]>([])
                let broker = try broker { $0.url = url }
                broker.onDiagnostic = { diagnostic in diagnostics.withLock { $0.append(diagnostic) } }
                broker.start()
                #expect(eventually { !diagnostics.withLock { $0.isEmpty } })
                let diagnostic = try #require(diagnostics.withLock { $0.first })
                #expect(diagnostic.kind == .accessRefused)
                for word in words { #expect(diagnostic.text.contains(word), "\(diagnostic.text)") }
                #expect(!diagnostic.text.contains("secret"))
                broker.stop(drainMilliseconds: 0)
            }
        }

        @Test func encryptedConnectionsWork() throws {
            let url = try #require(node.amqps)
            let broker = try broker {
                $0.url = url
                $0.certificateAuthoritiesFile = node.certificateFile
            }
            let inbox = Inbox(broker)
            broker.consume(queue: "queue.\(suffix)", prefetch: 100) { inbox.receive($0) }
            broker.start()
            let outcomes = Outcomes()
            let event = String(repeating: "x", count: 300_000)
            for number in 0..<200 {
                let group = PublishGroup(route(batchEventsMax: 1), number % 50 == 0 ? event : "\(number)")
                #expect(broker.publish(group, completion: outcomes.completion(number)))
            }
            #expect(eventually { outcomes.count(of: .confirmed) == 200 && inbox.count == 200 })
            #expect(inbox.all.count { $0.body.count == 300_000 } == 4)
            broker.stop(drainMilliseconds: 5000)
        }

        @Test func anUnknownCertificateIsRefused() throws {
            let url = try #require(node.amqps)
            let diagnostics = Mutex<[BrokerDiagnostic]>([])
            let broker = try broker { $0.url = url }
            broker.onDiagnostic = { diagnostic in diagnostics.withLock { $0.append(diagnostic) } }
            broker.start()
            #expect(eventually { !diagnostics.withLock { $0.isEmpty } })
            #expect(diagnostics.withLock { $0.first?.kind } == .connectFailed)
            #expect(!broker.isConnected)
            broker.stop(drainMilliseconds: 0)
            let careless = try self.broker {
                $0.url = url
                $0.verifiesCertificate = false
            }
            careless.start()
            #expect(eventually { careless.isConnected })
            careless.stop(drainMilliseconds: 0)
        }
    }
}
