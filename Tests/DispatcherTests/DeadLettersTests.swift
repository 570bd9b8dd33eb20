import Broker
import Core
import TestSupport
import Testing

@testable import Dispatcher

/// Events that a service failed on for good: who is told.
@Suite struct DeadLettersTests {
    /// A service that gives back, or refuses, whatever comes.
    private func service(_ dispatcher: TestDispatcher, requeue: Bool) throws -> InMemoryBroker {
        let broker = try InMemoryBroker(
            hub: dispatcher.hub,
            topology: StandardTopology.service(queue: "service", bindings: ["PingRequest"], deliveryLimit: 2))
        broker.consume(queue: "service", prefetch: 10) { [weak broker] messages in
            for message in messages { broker?.reject(message.tag, requeue: requeue) }
        }
        broker.start()
        Polling.until { broker.isConnected }
        return broker
    }

    private func event(_ id: String, _ dispatcher: TestDispatcher, _ url: String) -> String {
        TestDispatcher.event(id, #","correlationid":"s","returnaddress":"\#(dispatcher.returnAddress(url))""#)
    }

    @Test(arguments: [(true, "delivery_limit", "as often as it was tried"), (false, "rejected", "refused the event")])
    func theClientIsTold(_ requeue: Bool, _ reason: String, _ words: String) throws {
        let receiver = try Receiver()
        let dispatcher = try TestDispatcher()
        let broker = try service(dispatcher, requeue: requeue)
        defer { broker.stop(drainMilliseconds: 0) }
        #expect(
            try dispatcher.postBatch(
                "[\(event("1", dispatcher, receiver.url)),\(event("2", dispatcher, receiver.url))]"
            ).status == 202)
        #expect(Polling.until { receiver.ids.count == 2 && dispatcher.isSettled })
        let errors = receiver.posts.flatMap(\.events)
        #expect(Set(errors.compactMap { $0["causationid"]?.string }) == ["1", "2"])
        for error in errors {
            #expect(error["type"]?.string == "switchboard.error" && error["correlationid"]?.string == "s")
            #expect(error["datacontenttype"]?.string == "application/problem+json")
            #expect(error["data"]?["type"]?.string == "urn:switchboard:problem:listener-failed")
            #expect(error["data"]?["status"]?.integer == 502)
            #expect(error["data"]?["detail"]?.string?.contains(words) == true)
        }
        #expect(Polling.until { dispatcher.deadLetters.all.count == 1 })
        #expect(dispatcher.deadLetters.all[0].death?.reason == reason)
        #expect(dispatcher.metric("switchboard_events_dead_lettered_total") == 2)
        #expect(dispatcher.metric("switchboard_answers_dead_lettered_total") == 0)
    }

    @Test func whoCanNotBeToldLeavesNoSecondDeadLetter() throws {
        let receiver = try Receiver { _, post in
            AnswersTests.failures(post.ids.indices.map { ($0, .internalError) })
        }
        let dispatcher = try TestDispatcher()
        let broker = try service(dispatcher, requeue: false)
        defer { broker.stop(drainMilliseconds: 0) }
        #expect(try dispatcher.post(event("1", dispatcher, receiver.url)).status == 202)
        #expect(try dispatcher.post(TestDispatcher.event("2")).status == 202)
        let forged = TestDispatcher.event("3", #","returnaddress":"nowhere""#)
        #expect(try dispatcher.post(forged).status == 202)
        #expect(Polling.until { dispatcher.metric("switchboard_events_dead_lettered_total") == 3 })
        #expect(Polling.until { receiver.posts.count == 1 && dispatcher.isSettled })
        #expect(dispatcher.deadLetters.all.count == 3)
        #expect(dispatcher.deadLetters.all.allSatisfy { $0.death?.queue == "service" })
    }

    /// Its client has its 504.
    @Test func whatExpiredIsNotTold() throws {
        let receiver = try Receiver()
        let dispatcher = try TestDispatcher()
        let idle = try InMemoryBroker(
            hub: dispatcher.hub, topology: StandardTopology.service(queue: "service", bindings: ["PingRequest"]))
        idle.start()
        defer { idle.stop(drainMilliseconds: 0) }
        Polling.until { idle.isConnected }
        let expiry = RFC3339.text(wallNanoseconds: SystemClock.wallNanoseconds() + 200_000_000)
        let event = event("1", dispatcher, receiver.url).dropLast() + #","expirytime":"\#(expiry)"}"#
        #expect(try dispatcher.post(String(event)).status == 202)
        #expect(Polling.until { dispatcher.deadLetters.all.count == 1 && dispatcher.isSettled })
        #expect(dispatcher.deadLetters.all[0].death?.reason == "expired" && receiver.posts.isEmpty)
    }

    @Test func anAnswersRecordSaysWhyItCouldNotBeDelivered() throws {
        let receiver = try Receiver { _, post in
            AnswersTests.failures(post.ids.indices.map { ($0, .instanceGone) })
        }
        let dispatcher = try TestDispatcher()
        dispatcher.publish([dispatcher.answer("a", to: receiver.url)])
        #expect(Polling.until { dispatcher.deadLetters.all.count == 1 && dispatcher.isSettled })
        let death = try #require(dispatcher.deadLetters.all[0].death)
        #expect(death.reason == "instance-gone" && death.queue == StandardTopology.responsesQueue)
        #expect(death.exchange == StandardTopology.responsesExchange && death.routingKey == "response")
    }
}
