import Broker
import Core
import Testing

/// Consuming: prefetch, acknowledgements, redelivery, dead letters. For both brokers.
@Suite struct ContractDeliveryTests {
    /// Publishes each text as a message of its own, and waits for the confirms.
    private func publish(_ world: BrokerWorld, _ topology: Topology, _ events: [String], expiration: UInt32? = nil)
        throws
    {
        let publisher = try world.broker(topology)
        publisher.start()
        let outcomes = Outcomes()
        let route = world.route(batchEventsMax: 1)
        for (number, event) in events.enumerated() {
            let group = PublishGroup(route, event, expirationMilliseconds: expiration)
            #expect(publisher.publish(group, completion: outcomes.completion(number)))
        }
        #expect(eventually { outcomes.count(of: .confirmed) == events.count })
        publisher.stop(drainMilliseconds: 1000)
    }

    private func expectDeath(_ letters: [DeliveredMessage], _ reason: String, _ world: BrokerWorld) {
        let now = SystemClock.wallNanoseconds() / 1_000_000_000
        for letter in letters {
            #expect(letter.death?.reason == reason && letter.death?.queue == world.name("queue"))
            #expect(letter.death?.exchange == world.name("events") && letter.death?.routingKey == "key")
            #expect((now - 60...now).contains(letter.death?.timeSeconds ?? 0))
        }
    }

    @Test(arguments: BrokerKind.allCases)
    func prefetchIsRespected(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        try publish(world, topology, (0..<10).map(String.init))
        let (broker, inbox) = try world.consumer(
            topology, queue: world.name("queue"), prefetch: 3, acknowledges: false)
        #expect(eventually { inbox.count == 3 })
        settle()
        #expect(inbox.bodies == ["0", "1", "2"])
        broker.acknowledge(inbox.all[1].tag, multiple: false)
        #expect(eventually { inbox.count == 4 })
        broker.acknowledge(inbox.all[3].tag, multiple: true)
        #expect(eventually { inbox.count == 7 })
        settle()
        #expect(inbox.count == 7)
        #expect(broker.statistics.messagesUnsettled == 3)
        #expect(broker.statistics.messagesAcknowledged == 4)
    }

    @Test(arguments: BrokerKind.allCases)
    func acknowledgedIsGoneAndTheRestComesBack(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        try publish(world, topology, (0..<6).map(String.init))
        let (first, inbox) = try world.consumer(topology, queue: world.name("queue"), acknowledges: false)
        #expect(eventually { inbox.count == 6 })
        let tags = inbox.all.map(\.tag)
        for index in [4, 0, 2] { first.acknowledge(tags[index], multiple: false) }
        first.stop(drainMilliseconds: 100)
        #expect(first.statistics.messagesAcknowledged == 3)
        let (_, second) = try world.consumer(topology, queue: world.name("queue"))
        #expect(eventually { second.count == 3 })
        settle()
        #expect(second.bodies.sorted() == ["1", "3", "5"])
        #expect(second.all.allSatisfy { $0.isRedelivered && $0.deliveryCount == 1 })
    }

    @Test(arguments: BrokerKind.allCases)
    func settlingTwiceDoesNothing(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        try publish(world, topology, (0..<4).map(String.init))
        let (broker, inbox) = try world.consumer(
            topology, queue: world.name("queue"), prefetch: 2, acknowledges: false)
        #expect(eventually { inbox.count == 2 })
        for _ in 0..<2 { broker.acknowledge(inbox.all[0].tag, multiple: false) }
        broker.reject(inbox.all[0].tag, requeue: true)
        #expect(eventually { inbox.count == 3 })
        settle()
        #expect(inbox.bodies == ["0", "1", "2"])
        broker.acknowledge(inbox.all[2].tag, multiple: true)
        #expect(eventually { inbox.count == 4 })
        #expect(broker.statistics.messagesAcknowledged == 3 && broker.statistics.messagesRejected == 0)
        #expect(broker.statistics.connectionsLost == 0)
    }

    @Test(arguments: BrokerKind.allCases)
    func requeuedIsDeliveredAgain(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        try publish(world, topology, ["1"])
        let (broker, inbox) = try world.consumer(topology, queue: world.name("queue"), acknowledges: false)
        for round in 0..<3 {
            #expect(eventually { inbox.count == round + 1 })
            let message = inbox.all[round]
            #expect(message.isRedelivered == (round > 0) && message.deliveryCount == round)
            broker.reject(message.tag, requeue: true)
        }
        #expect(eventually { inbox.count == 4 })
        broker.acknowledge(inbox.all[3].tag, multiple: false)
        settle()
        #expect(inbox.count == 4)
    }

    @Test(arguments: BrokerKind.allCases)
    func overTheDeliveryLimitIsDeadLettered(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology(deliveryLimit: 2)
        try publish(world, topology, ["1", "2"])
        let (broker, inbox) = try world.consumer(topology, queue: world.name("queue"), acknowledges: false)
        let (_, dead) = try world.consumer(topology, queue: world.name("dead"))
        var answered = 0
        #expect(
            eventually {
                let messages = inbox.all
                while answered < messages.count {
                    broker.reject(messages[answered].tag, requeue: true)
                    answered += 1
                }
                return dead.count == 2
            })
        settle()
        // A limit of 2: delivered, and delivered twice again.
        #expect(inbox.count == 6)
        #expect(dead.bodies.sorted() == ["1", "2"])
        #expect(dead.all.allSatisfy { $0.routingKey == "key" && $0.exchange == world.name("dead") })
        #expect(dead.all.allSatisfy { $0.contentType == ContentType.single })
        expectDeath(dead.all, "delivery_limit", world)
    }

    @Test(arguments: BrokerKind.allCases)
    func rejectedIsDeadLettered(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        try publish(world, topology, ["1", "2", "3"])
        let (broker, inbox) = try world.consumer(topology, queue: world.name("queue"), acknowledges: false)
        let (_, dead) = try world.consumer(topology, queue: world.name("dead"))
        #expect(eventually { inbox.count == 3 })
        broker.reject(inbox.all[1].tag, requeue: false)
        broker.acknowledge(inbox.all[2].tag, multiple: true)
        #expect(eventually { dead.count == 1 })
        #expect(dead.bodies == ["2"])
        expectDeath(dead.all, "rejected", world)
        #expect(eventually { broker.statistics.messagesUnsettled == 0 })
        #expect(broker.statistics.messagesAcknowledged == 2 && broker.statistics.messagesRejected == 1)
    }

    @Test(arguments: BrokerKind.allCases)
    func expiredInTheQueueIsDeadLettered(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let (_, dead) = try world.consumer(topology, queue: world.name("dead"))
        try publish(world, topology, ["1"], expiration: 2000)
        settle(milliseconds: 100)
        #expect(dead.count == 0)
        #expect(eventually { dead.count == 1 })
        #expect(dead.bodies == ["1"])
        expectDeath(dead.all, "expired", world)
        let (_, inbox) = try world.consumer(topology, queue: world.name("queue"))
        settle()
        #expect(inbox.count == 0)
    }

    @Test(arguments: BrokerKind.allCases)
    func theQueueLimitsTheTimeToLive(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology(messageTTLMilliseconds: 100)
        let (_, dead) = try world.consumer(topology, queue: world.name("dead"))
        try publish(world, topology, ["1", "2"])
        #expect(eventually { dead.count == 2 })
        #expect(dead.bodies.sorted() == ["1", "2"])
    }

    @Test(arguments: BrokerKind.allCases)
    func aFullQueueDeadLettersItsOldest(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology(lengthMax: 2)
        let (_, dead) = try world.consumer(topology, queue: world.name("dead"))
        try publish(world, topology, ["1", "2", "3", "4", "5"])
        #expect(eventually { dead.count == 3 })
        #expect(dead.bodies == ["1", "2", "3"])
        expectDeath(dead.all, "maxlen", world)
        let (_, inbox) = try world.consumer(topology, queue: world.name("queue"))
        #expect(eventually { inbox.count == 2 })
        #expect(inbox.bodies == ["4", "5"])
    }

    @Test(arguments: BrokerKind.allCases)
    func consumersShareAQueue(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        // Neither acknowledges before each has all it may hold.
        let (first, firstInbox) = try world.consumer(
            topology, queue: world.name("queue"), prefetch: 5, acknowledges: false)
        let (second, secondInbox) = try world.consumer(
            topology, queue: world.name("queue"), prefetch: 5, acknowledges: false)
        let events = (0..<500).map(String.init)
        try publish(world, topology, events)
        #expect(eventually { firstInbox.count == 5 && secondInbox.count == 5 })
        var settled = (first: 0, second: 0)
        let isAllThere = eventually {
            let (one, other) = (firstInbox.all, secondInbox.all)
            for message in one[settled.first...] { first.acknowledge(message.tag, multiple: false) }
            for message in other[settled.second...] { second.acknowledge(message.tag, multiple: false) }
            settled = (one.count, other.count)
            return settled.first + settled.second == events.count
        }
        #expect(isAllThere)
        #expect(Set(firstInbox.bodies + secondInbox.bodies) == Set(events))
    }
}
