import Broker
import Core
import Testing

/// Start, stop, and what is reported. For both brokers.
@Suite struct ContractLifeTests {
    @Test(arguments: BrokerKind.allCases)
    func stopDrains(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let publisher = try world.broker(topology)
        publisher.start()
        let outcomes = Outcomes()
        for number in 0..<5000 {
            #expect(
                publisher.publish(PublishGroup(world.route(), "\(number)"), completion: outcomes.completion(number)))
        }
        publisher.stop(drainMilliseconds: 100_000)
        #expect(outcomes.count(of: .confirmed) == 5000 && outcomes.repeated == 0)
        #expect(!publisher.publish(PublishGroup(world.route(), "1"), completion: outcomes.completion(5000)))
        #expect(!publisher.isConnected)
        let (_, inbox) = try world.consumer(topology, queue: world.name("queue"))
        #expect(eventually { inbox.events.count >= 5000 })
        #expect(inbox.events == (0..<5000).map(String.init))
    }

    @Test(arguments: BrokerKind.allCases)
    func stopWaitsForWhatIsBeingWorkedOn(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let outcomes = Outcomes()
        let broker = try world.broker(topology)
        let inbox = Inbox()
        broker.consume(queue: world.name("queue"), prefetch: 10) { inbox.receive($0) }
        broker.start()
        #expect(eventually { broker.isConnected })
        #expect(broker.publish(PublishGroup(world.route(), "1"), completion: outcomes.completion(1)))
        #expect(eventually { inbox.count == 1 && outcomes[1] == .confirmed })
        // The answer of a handler is published and the request acknowledged while the broker stops.
        let dead = BrokerRoute(exchange: world.name("dead"), routingKey: "answer")
        let worker = try Thread(name: "worker") {
            settle(milliseconds: 100)
            let isTaken = broker.publish(PublishGroup(dead, "answer")) { outcome in
                outcomes.completion(2)(outcome)
                broker.acknowledge(inbox.all[0].tag, multiple: false)
            }
            if !isTaken { outcomes.completion(2)(.unavailable) }
        }
        let begin = SystemClock.monotonic()
        broker.stop(drainMilliseconds: 20_000)
        worker.join()
        #expect(SystemClock.monotonic().milliseconds(since: begin) < 10_000)
        #expect(outcomes[2] == .confirmed && broker.statistics.messagesAcknowledged == 1)
        let (_, again) = try world.consumer(topology, queue: world.name("queue"))
        settle()
        #expect(again.count == 0)
    }

    @Test(arguments: BrokerKind.allCases)
    func stopWithoutStartGivesUpWhatWaits(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let broker = try world.broker(world.simpleTopology())
        let outcomes = Outcomes()
        #expect(broker.publish(PublishGroup(world.route(), "1"), completion: outcomes.completion()))
        broker.stop(drainMilliseconds: 1000)
        #expect(outcomes.all == [.unavailable])
    }

    @Test(arguments: BrokerKind.allCases)
    func statesAreReported(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let states = Mutex<[BrokerState]>([])
        let broker = try world.broker(topology)
        broker.onStateChange = { state in states.withLock { $0.append(state) } }
        broker.consume(queue: world.name("queue"), prefetch: 1) { _ in }
        #expect(!broker.isConnected)
        broker.start()
        #expect(eventually { broker.isConnected })
        broker.stop(drainMilliseconds: 0)
        #expect(states.withLock { $0 } == [.connecting, .connected, .stopped])
    }

    @Test(arguments: BrokerKind.allCases)
    func aQueueWithOtherArgumentsIsNamed(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let first = try world.broker(world.simpleTopology(deliveryLimit: 3))
        first.start()
        #expect(eventually { first.isConnected })
        let second = try world.broker(
            world.simpleTopology(deliveryLimit: 4), limits: PublishLimits(unavailableGraceMilliseconds: 200))
        let diagnostics = Mutex<[BrokerDiagnostic]>([])
        second.onDiagnostic = { diagnostic in diagnostics.withLock { $0.append(diagnostic) } }
        let outcomes = Outcomes()
        second.start()
        #expect(second.publish(PublishGroup(world.route(), "1"), completion: outcomes.completion()))
        #expect(eventually { outcomes[0] == .unavailable })
        let diagnostic = try #require(diagnostics.withLock { $0.first })
        #expect(diagnostic.kind == .topologyRefused && diagnostic.text.contains(world.name("queue")))
        #expect(diagnostic.text.contains("other arguments"))
        #expect(!second.isConnected)
    }

    @Test(arguments: BrokerKind.allCases)
    func handlersMayCallTheBroker(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let broker = try world.broker(topology)
        let rounds = Mutex(0)
        let route = world.route()
        // Weakly: the broker keeps its handler.
        broker.consume(queue: world.name("queue"), prefetch: 10) { [weak broker] messages in
            guard let broker else { return }
            for message in messages {
                let round = rounds.withLock { count -> Int in
                    count += 1
                    return count
                }
                if round < 50 { _ = broker.publish(PublishGroup(route, "\(round)")) { _ in } }
                broker.acknowledge(message.tag, multiple: false)
            }
        }
        broker.start()
        #expect(eventually { broker.isConnected })
        #expect(broker.publish(PublishGroup(route, "0")) { _ in })
        #expect(eventually { rounds.withLock { $0 } == 50 })
    }
}
