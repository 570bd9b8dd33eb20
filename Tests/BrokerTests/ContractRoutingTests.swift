import Broker
import Testing

/// Publishing: where messages go, what they look like, what becomes of them. For both brokers.
@Suite struct ContractRoutingTests {
    @Test(arguments: BrokerKind.allCases)
    func topicPatternsRoute(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let patterns = ["a.*.c", "a.#", "#.z", "exact"]
        let topology = Topology(
            exchanges: [Exchange(name: world.name("events"), kind: .topic)],
            queues: patterns.map { Queue(name: world.name($0)) },
            bindings: patterns.map {
                Binding(exchange: world.name("events"), queue: world.name($0), routingKey: $0)
            })
        let inboxes = try patterns.map { try world.consumer(topology, queue: world.name($0)).inbox }
        let publisher = try world.broker(topology)
        publisher.start()
        let outcomes = Outcomes()
        let keys = ["a", "a.b", "a.b.c", "a.b.c.d", "z", "b.z", "a.z", "exact", "exact.not", "nothing", "a.b.b.c"]
        for (number, key) in keys.enumerated() {
            // A busy node refuses for a moment what it has no leader for yet.
            publisher.publishPatiently(PublishGroup(world.route(key), "\"\(key)\""), outcomes.completion(number))
        }
        #expect(eventually { outcomes.count == keys.count })
        let expected = [
            ["a.b.c"], ["a", "a.b", "a.b.c", "a.b.c.d", "a.z", "a.b.b.c"], ["z", "b.z", "a.z"], ["exact"],
        ]
        for (inbox, keys) in zip(inboxes, expected) {
            #expect(eventually { inbox.count >= keys.count })
            #expect(Set(inbox.all.map(\.routingKey)) == Set(keys))
            #expect(inbox.count == keys.count)
            #expect(inbox.all.allSatisfy { $0.exchange == world.name("events") })
        }
        for (number, key) in keys.enumerated() {
            #expect(outcomes[number] == (["exact.not", "nothing"].contains(key) ? .unroutable : .confirmed), "\(key)")
        }
    }

    @Test(arguments: BrokerKind.allCases, [Exchange.Kind.direct, .fanout])
    func otherExchangesRoute(_ kind: BrokerKind, _ exchange: Exchange.Kind) throws {
        let world = try BrokerWorld(kind)
        var topology = world.simpleTopology()
        topology.exchanges[0] = Exchange(name: world.name("events"), kind: exchange)
        let (_, inbox) = try world.consumer(topology, queue: world.name("queue"))
        let publisher = try world.broker(topology)
        publisher.start()
        let outcomes = Outcomes()
        #expect(publisher.publish(PublishGroup(world.route("#"), "1"), completion: outcomes.completion(1)))
        #expect(publisher.publish(PublishGroup(world.route("key"), "2"), completion: outcomes.completion(2)))
        #expect(eventually { outcomes.count == 2 })
        #expect(outcomes[1] == .confirmed)
        #expect(outcomes[2] == (exchange == .fanout ? .confirmed : .unroutable))
        #expect(eventually { inbox.count == (exchange == .fanout ? 2 : 1) })
    }

    @Test(arguments: BrokerKind.allCases)
    func oneEventTravelsAlone(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let (_, inbox) = try world.consumer(topology, queue: world.name("queue"))
        let publisher = try world.broker(topology)
        publisher.start()
        let outcomes = Outcomes()
        let metadata = EventMetadata(
            messageID: "id-1", correlationID: "session", type: "PingRequest", timestampSeconds: 1_700_000_000,
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1")
        let event = #"{"specversion":"1.0","id":"1"}"#
        #expect(
            publisher.publish(PublishGroup(world.route(), event, metadata: metadata), completion: outcomes.completion())
        )
        #expect(eventually { inbox.count == 1 })
        let message = try #require(inbox.all.first)
        #expect(inbox.bodies == [event])
        #expect(message.contentType == "application/cloudevents+json")
        #expect(!message.isBatch && !message.isRedelivered && message.deliveryCount == 0)
        #expect(message.traceparent == metadata.traceparent && message.tracestate == "a=1")
        #expect(eventually { outcomes[0] == .confirmed })
    }

    @Test(arguments: BrokerKind.allCases)
    func whatWaitsTravelsTogether(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let publisher = try world.broker(topology)
        let outcomes = Outcomes()
        let route = world.route(batchEventsMax: 4)
        let other = world.route("other", batchEventsMax: 1)
        // All of it waits before the publisher is there, so the messages are determined: routes take turns.
        #expect(publisher.publish(PublishGroup(route, "1", "2", "3"), completion: outcomes.completion(0)))
        #expect(
            publisher.publish(PublishGroup(route, "4", "5", "6", "7", "8", "9"), completion: outcomes.completion(1)))
        #expect(publisher.publish(PublishGroup(other, "a", "b"), completion: outcomes.completion(2)))
        #expect(publisher.publish(PublishGroup(route, "10"), completion: outcomes.completion(3)))
        #expect(publisher.publish(PublishGroup(route, "11", "12", "13"), completion: outcomes.completion(4)))
        publisher.start()
        #expect(eventually { outcomes.count == 5 })
        #expect(outcomes.count(of: .confirmed) == 5 && outcomes.repeated == 0)
        let (_, inbox) = try world.consumer(topology, queue: world.name("queue"))
        #expect(eventually { inbox.count == 6 })
        #expect(inbox.bodies == ["[1,2,3,4]", "a", "[5,6,7,8]", "b", "[9,10,11,12]", "13"])
        for message in inbox.all { #expect(message.isBatch == (message.body.first == 0x5B)) }
        let statistics = publisher.statistics
        #expect(statistics.messagesPublished == 6 && statistics.eventsPublished == 15)
        #expect(statistics.eventsWaiting == 0 && statistics.bytesWaiting == 0)
    }

    @Test(arguments: BrokerKind.allCases)
    func batchesKeepTheirBytes(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let publisher = try world.broker(topology)
        let outcomes = Outcomes()
        let route = world.route(batchBytesMax: 10)
        let events = ["aaa", "bbbb", "c", "dddddddddddddddddddd", "ee", "ff", "ggg", "hhhhhhhhhh"]
        for (number, event) in events.enumerated() {
            #expect(publisher.publish(PublishGroup(route, event), completion: outcomes.completion(number)))
        }
        publisher.start()
        #expect(eventually { outcomes.count == events.count })
        let (_, inbox) = try world.consumer(topology, queue: world.name("queue"))
        #expect(eventually { inbox.events.count == events.count })
        // "[aaa,bbbb]" has ten bytes; "[ee,ff]" has seven and would have eleven with ggg.
        #expect(inbox.bodies == ["[aaa,bbbb]", "c", "dddddddddddddddddddd", "[ee,ff]", "ggg", "hhhhhhhhhh"])
    }

    @Test(arguments: BrokerKind.allCases)
    func largeBodiesArriveWhole(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let (_, inbox) = try world.consumer(topology, queue: world.name("queue"))
        let publisher = try world.broker(topology)
        publisher.start()
        let outcomes = Outcomes()
        // Around AMQP's frame size of 131,072 bytes, less its 8 bytes of frame.
        let sizes = [0, 1, 131_063, 131_064, 131_065, 131_072, 1_000_000]
        for size in sizes {
            let event = String(repeating: "x", count: size)
            #expect(publisher.publish(PublishGroup(world.route(), event), completion: outcomes.completion(size)))
            #expect(eventually { outcomes[size] == .confirmed })
        }
        #expect(eventually { inbox.count == sizes.count })
        #expect(inbox.all.map(\.body.count) == sizes)
        #expect(inbox.all.allSatisfy { $0.body.allSatisfy { $0 == 0x78 } })
    }

    @Test(arguments: BrokerKind.allCases)
    func unroutableIsToldOnlyIfMandatory(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        var topology = world.simpleTopology()
        topology.bindings = [Binding(exchange: world.name("events"), queue: world.name("queue"), routingKey: "known")]
        let publisher = try world.broker(topology)
        publisher.start()
        let outcomes = Outcomes()
        for number in 0..<100 {
            let route = world.route(number % 2 == 0 ? "known" : "unknown", batchEventsMax: 1)
            let group = PublishGroup(route, "\(number)", "\(number)")
            #expect(publisher.publish(group, completion: outcomes.completion(number)))
        }
        let silent = world.route("unknown", isMandatory: false)
        #expect(publisher.publish(PublishGroup(silent, "1"), completion: outcomes.completion(100)))
        #expect(eventually { outcomes.count == 101 })
        for number in 0..<100 { #expect(outcomes[number] == (number % 2 == 0 ? .confirmed : .unroutable)) }
        #expect(outcomes[100] == .confirmed && outcomes.repeated == 0)
        // Counted after a pass of the broker's thread, which may still be under way.
        #expect(eventually { publisher.statistics.messagesReturned == 100 })
    }

    @Test(arguments: BrokerKind.allCases)
    func fullIsRefusedAndLeavesTheRest(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let limits = PublishLimits(eventsWaitingMax: 4, bytesWaitingMax: 100)
        let topology = world.simpleTopology()
        let byEvents = try world.broker(topology, limits: limits)
        let byBytes = try world.broker(topology, limits: limits)
        let outcomes = Outcomes()
        #expect(byEvents.publish(PublishGroup(world.route(), "1", "2", "3"), completion: outcomes.completion(0)))
        #expect(!byEvents.publish(PublishGroup(world.route(), "4", "5"), completion: outcomes.completion(1)))
        #expect(byEvents.publish(PublishGroup(world.route(), "6"), completion: outcomes.completion(2)))
        #expect(!byEvents.publish(PublishGroup(world.route(), "7"), completion: outcomes.completion(3)))
        let large = String(repeating: "x", count: 101)
        #expect(byBytes.publish(PublishGroup(world.route(), large), completion: outcomes.completion(4)))
        #expect(!byBytes.publish(PublishGroup(world.route(), "8"), completion: outcomes.completion(5)))
        #expect(byEvents.statistics.groupsRefused == 2 && byEvents.statistics.eventsWaiting == 4)
        byEvents.start()
        byBytes.start()
        #expect(eventually { outcomes.count == 3 })
        #expect(outcomes[0] == .confirmed && outcomes[2] == .confirmed && outcomes[4] == .confirmed)
        // The room is free again.
        #expect(byEvents.publish(PublishGroup(world.route(), "1", "2", "3", "4"), completion: outcomes.completion(6)))
        #expect(eventually { outcomes[6] == .confirmed })
    }

    @Test(arguments: BrokerKind.allCases)
    func whatExpiredWaitingIsNotSent(_ kind: BrokerKind) throws {
        let world = try BrokerWorld(kind)
        let topology = world.simpleTopology()
        let publisher = try world.broker(topology)
        let outcomes = Outcomes()
        #expect(
            publisher.publish(
                PublishGroup(world.route(), "1", expirationMilliseconds: 20), completion: outcomes.completion(0)))
        #expect(
            publisher.publish(
                PublishGroup(world.route(), "2", expirationMilliseconds: 60_000), completion: outcomes.completion(1)))
        settle(milliseconds: 50)
        publisher.start()
        #expect(eventually { outcomes.count == 2 })
        #expect(outcomes[0] == .expired && outcomes[1] == .confirmed)
        let (_, inbox) = try world.consumer(topology, queue: world.name("queue"))
        #expect(eventually { inbox.count == 1 })
        #expect(inbox.bodies == ["2"])
    }
}
