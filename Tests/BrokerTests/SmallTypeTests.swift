import Core
import Testing

@testable import Broker

@Suite struct SmallTypeTests {
    @Test(arguments: [
        ("", "", true), ("", "a", false), ("#", "", true), ("#", "a.b.c", true), ("*", "", false), ("*", "a", true),
        ("*", "a.b", false), ("a.*", "a", false), ("a.*", "a.", true), ("a.#", "a", true), ("a.#.b", "a.b", true),
        ("a.#.b", "a.x.y.b", true), ("a.#.b", "a.b.c", false), ("#.b.#", "a.b.c", true), ("#.b.#", "a.c", false),
        ("*.#", "", false), ("#.*", "a.b", true), ("a.b", "a.b", true), ("a.b", "a.bc", false), ("A", "a", false),
        ("#.a.#.a", "a.b.a", true), ("#.a.*.a", "a.a.b.a", true), ("##", "a", false), ("#.#.#", "a", true),
    ])
    func topicPatterns(_ pattern: String, _ key: String, _ expected: Bool) {
        #expect(TopicPattern(pattern).matches(key) == expected)
    }

    @Test func manyHashesAreMatchedInTime() {
        let pattern = TopicPattern(Array(repeating: "#.a", count: 20).joined(separator: "."))
        let key = Array(repeating: "a", count: 60).joined(separator: ".")
        let begin = SystemClock.monotonic()
        #expect(!pattern.matches(key + ".b"))
        #expect(SystemClock.monotonic().milliseconds(since: begin) < 100)
    }

    @Test func theReconnectDelayGrowsToItsLimit() {
        var delay = ReconnectDelay(minimumMilliseconds: 100, maximumMilliseconds: 2000)
        for expected in [100, 200, 400, 800, 1600, 2000, 2000] {
            let wait = delay.nextMilliseconds()
            #expect((expected / 2...expected).contains(wait))
        }
        delay.reset()
        let wait = delay.nextMilliseconds()
        #expect(wait <= 100)
    }

    @Test func queuesGiveBackInOrder() {
        var queue = FIFO<Int>()
        var next = 0
        var expected = 0
        for round in 0..<5000 {
            for _ in 0..<(round % 7) {
                queue.append(next)
                next += 1
            }
            for _ in 0..<(round % 5) where !queue.isEmpty {
                let first = queue.popFirst()
                #expect(first == expected)
                expected += 1
            }
        }
        #expect(queue.count == next - expected && Array(queue.all) == Array(expected..<next))
        queue.removeAll { $0 % 2 == 0 }
        #expect(Array(queue.all) == (expected..<next).filter { $0 % 2 == 1 })
    }

    @Test func aFullHubRefuses() throws {
        let hub = InMemoryHub(bytesMax: 10)
        let topology = StandardTopology.service(queue: "service", bindings: ["key"])
        let broker = try InMemoryBroker(hub: hub, topology: topology)
        broker.start()
        let outcomes = Outcomes()
        let route = BrokerRoute(exchange: StandardTopology.eventsExchange, routingKey: "key", batchEventsMax: 1)
        #expect(broker.publish(PublishGroup(route, "1234567"), completion: outcomes.completion(0)))
        #expect(broker.publish(PublishGroup(route, "1234"), completion: outcomes.completion(1)))
        #expect(eventually { outcomes.count == 2 })
        #expect(outcomes[0] == .confirmed && outcomes[1] == .rejected)
        #expect(hub.messageCount(inQueue: "service") == 1)
        broker.stop(drainMilliseconds: 0)
    }

    @Test func theStandardTopologyIsWhole() throws {
        try StandardTopology.dispatcher().validate()
        let service = StandardTopology.service(queue: "ping", bindings: ["ping.#"])
        try service.validate()
        for queue in StandardTopology.dispatcher().queues { #expect(service.queues.contains(queue)) }
    }
}
