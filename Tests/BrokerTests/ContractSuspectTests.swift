import Broker
import Core
import Testing

/// Messages that came back often are handed out alone. For both brokers.
@Suite struct ContractSuspectTests {
    private func publish(_ world: BrokerWorld, _ topology: Topology, _ events: [(String, EventMetadata?)]) throws {
        let publisher = try world.broker(topology)
        publisher.start()
        let outcomes = Outcomes()
        let route = world.route(batchEventsMax: 1)
        for (number, (event, metadata)) in events.enumerated() {
            let group = PublishGroup(
                route: route, event: Array(event.utf8), metadata: metadata,
                deadline: SystemClock.monotonic().advanced(byMilliseconds: 20_000))
            #expect(publisher.publish(group, completion: outcomes.completion(number)))
        }
        #expect(eventually { outcomes.count(of: .confirmed) == events.count })
        publisher.stop(drainMilliseconds: 1000)
    }

    private func consumer(
        _ world: BrokerWorld, _ topology: Topology, suspectReturns: Int?
    ) throws -> (broker: any MessageBroker, inbox: Inbox) {
        let broker = try world.broker(topology)
        let inbox = Inbox()
        broker.consume(queue: world.name("queue"), prefetch: 100, suspectReturns: suspectReturns) { inbox.receive($0) }
        broker.start()
        // Else its queue may be declared by the publisher at the same time, and have no leader when that publishes.
        try #require(eventually { broker.isConnected })
        return (broker, inbox)
    }

    /// What a consumer that crashed had in hand.
    @Test(arguments: BrokerKind.allCases)
    func whatCameBackIsHandedOutOneByOne(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology(deliveryLimit: 5)
        try publish(world, topology, (0..<6).map { ("\($0)", nil) })
        let (first, taken) = try consumer(world, topology, suspectReturns: 1)
        #expect(eventually { taken.count == 6 })
        first.stop(drainMilliseconds: 0)
        try publish(world, topology, (6..<9).map { ("\($0)", nil) })
        let (second, inbox) = try consumer(world, topology, suspectReturns: 1)
        for number in 0..<6 {
            #expect(eventually { inbox.count == number + 1 })
            settle()
            #expect(inbox.count == number + 1 && inbox.all[number].returns == 1)
            #expect(second.statistics.messagesUnsettled == 1)
            second.acknowledge(inbox.all[number].tag, multiple: false)
        }
        #expect(eventually { inbox.count == 9 })
        #expect(inbox.bodies == (0..<9).map(String.init))
        #expect(inbox.all.suffix(3).allSatisfy { $0.returns == 0 })
        second.acknowledge(inbox.all[8].tag, multiple: true)
        #expect(eventually { second.statistics.messagesUnsettled == 0 })
    }

    /// A consumer that always falls on the same message, and is started again: the others come to their end.
    @Test(arguments: BrokerKind.allCases)
    func onlyTheOneThatIsFallenOnReachesTheLimit(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology(deliveryLimit: 3)
        try publish(world, topology, ["1", "poison", "2", "3"].map { ($0, nil) })
        let (_, dead) = try world.consumer(topology, queue: world.name("dead"))
        var handled: [DeliveredMessage] = []
        var falls: [Int] = []
        for round in 0...3 {
            let (broker, inbox) = try consumer(world, topology, suspectReturns: 1)
            if round == 0 { #expect(eventually { inbox.count == 4 }) }
            var at = 0
            #expect(
                eventually {
                    while round > 0, at < inbox.count, inbox.bodies[at] != "poison" {
                        handled.append(inbox.all[at])
                        broker.acknowledge(inbox.all[at].tag, multiple: false)
                        at += 1
                    }
                    return inbox.bodies.last == "poison" || round == 0
                })
            falls += inbox.all.filter { $0.body == Array("poison".utf8) }.map(\.returns)
            broker.stop(drainMilliseconds: 0)
        }
        #expect(eventually { dead.bodies == ["poison"] })
        #expect(falls == [0, 1, 2, 3])
        let (broker, inbox) = try consumer(world, topology, suspectReturns: 1)
        settle()
        for message in inbox.all { broker.acknowledge(message.tag, multiple: false) }
        let bodies = handled.map { String(decoding: $0.body, as: UTF8.self) } + inbox.bodies
        #expect(bodies.sorted() == ["1", "2", "3"] && handled.allSatisfy { $0.returns == 1 })
        #expect(dead.count == 1)
    }

    /// Another consumer's, or such as were published again alone.
    @Test(arguments: BrokerKind.allCases)
    func suspectsAmongOthersWaitForThem(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let (broker, inbox) = try consumer(world, topology, suspectReturns: 2)
        try publish(world, topology, [("a", nil), ("b", EventMetadata(earlierDeliveries: 1))])
        #expect(eventually { inbox.count == 2 })
        let suspect = EventMetadata(earlierDeliveries: 2)
        try publish(world, topology, [("s1", suspect), ("s2", suspect), ("c", nil), ("s3", suspect)])
        settle()
        #expect(!inbox.bodies.contains { $0.hasPrefix("s") })
        var settled = 0
        var alone = 0
        #expect(
            eventually {
                let messages = inbox.all
                if messages[settled...].contains(where: { $0.returns >= 2 }) {
                    if messages.count == settled + 1 { alone += 1 }
                }
                for message in messages[settled...] { broker.acknowledge(message.tag, multiple: false) }
                settled = messages.count
                return settled == 6
            })
        #expect(alone == 3 && Set(inbox.bodies) == ["a", "b", "c", "s1", "s2", "s3"])
        #expect(eventually { broker.statistics.messagesUnsettled == 0 })
        // And all goes on as before.
        try publish(world, topology, [("d", nil), ("e", nil)])
        #expect(eventually { inbox.count == 8 })
    }

    @Test(arguments: BrokerKind.allCases)
    func stoppingGivesBackWhatIsHeld(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let (broker, inbox) = try consumer(world, topology, suspectReturns: 2)
        try publish(world, topology, [("a", nil)])
        #expect(eventually { inbox.count == 1 })
        let suspect = EventMetadata(earlierDeliveries: 2)
        try publish(world, topology, [("s1", suspect), ("s2", suspect)])
        settle()
        broker.acknowledge(inbox.all[0].tag, multiple: false)
        #expect(eventually { inbox.count == 2 })
        let stopping = try Thread(name: "stopping") { broker.stop(drainMilliseconds: 20_000) }
        settle()
        broker.acknowledge(inbox.all[1].tag, multiple: false)
        stopping.join()
        let (_, rest) = try consumer(world, topology, suspectReturns: nil)
        #expect(eventually { rest.count == 1 })
        #expect(Set(inbox.bodies + rest.bodies) == ["a", "s1", "s2"])
    }

    @Test(arguments: BrokerKind.allCases)
    func aRecordOfDeathTravels(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let death = DeathRecord(
            reason: "expired", queue: "service", exchange: "", routingKey: "key", timeSeconds: 1_700_000_000)
        try publish(world, topology, [("1", EventMetadata(timestampSeconds: 1_600_000_000, death: death)), ("2", nil)])
        let (_, inbox) = try world.consumer(topology, queue: world.name("queue"))
        let (_, dead) = try world.consumer(topology, queue: world.name("dead"))
        try #require(eventually { inbox.count == 2 })
        #expect(inbox.all[0].death == death && inbox.all[0].timestampSeconds == 1_600_000_000)
        #expect(inbox.all[1].death == nil && inbox.all[1].timestampSeconds == nil)
        #expect(dead.count == 0)
    }
}
