import Broker
import CloudEvents
import Core
import EventListener
import JSON
import PingListener
import Telemetry
import TestBroker
import TestSupport
import Testing

@Suite struct EventListenerTests {
    private struct Failure: Error {}

    private static let event = TestListener.event

    @Sendable private static func answer(_ event: Event) throws -> [Event] {
        [try event.answer(type: "Response", source: "/service", data: event.data ?? Array("null".utf8))]
    }

    @Test func answersCarryWhatTheirEventsGaveThem() throws {
        let world = try TestListener(handler: Self.answer)
        let expiry = "2999-01-01T00:00:00Z"
        world.publish(
            Self.event("1", ""),
            Self.event(
                "2",
                #","returnaddress":"a\"b","correlationid":"c","expirytime":"\#(expiry)","traceparent":"t","data":[1]"#))
        #expect(Polling.until { world.answers.events.count == 2 && world.isSettled })
        let answers = world.answers.events
        #expect(answers.map(\.causationID) == ["1", "2"] && answers.allSatisfy { $0.type == "Response" })
        #expect(answers[0].string(.returnaddress) == nil && answers[0].data == Array("null".utf8))
        #expect(answers[1].string(.returnaddress) == #"a"b"# && answers[1].correlationID == "c")
        #expect(answers[1].string(.expirytime) == expiry && answers[1].data == Array("[1]".utf8))
        #expect(world.metric("events_total") == 2 && world.metric("answers_total") == 2)
        #expect(world.deadLetters.all.isEmpty && world.broker.statistics.messagesAcknowledged == 2)
        let message = try #require(world.answers.all.first)
        #expect(message.exchange == "switchboard.responses" && message.routingKey == "response")
    }

    @Test func anEventMayHaveManyAnswersOrNone() throws {
        let world = try TestListener { event in
            let count = Int(event.id) ?? 0
            return try (0..<count).map { try event.answer(type: "Response", source: "/s", data: Array("\($0)".utf8)) }
        }
        world.publishTogether(["0", "3", "1"].map { Self.event($0, "") })
        world.publish(Self.event("0", ""))
        #expect(Polling.until { world.answers.events.count == 4 && world.isSettled })
        #expect(world.answers.events.map(\.causationID) == ["3", "3", "3", "1"])
        #expect(world.metric("events_total") == 4 && world.broker.statistics.messagesAcknowledged == 2)
    }

    /// From others than the gateway: what it lets in can be wrapped.
    @Test func dataThatCanNotBeWrappedIsAnError() throws {
        let world = try TestListener { [try PingListener.answer(to: $0)] }
        let data = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        world.publish(Self.event("deep", #","data":\#(data)"#), Self.event("flat", #","data":[]"#))
        #expect(Polling.until { world.answers.events.count == 2 && world.isSettled })
        #expect(Set(world.answers.events.map(\.type)) == ["switchboard.error", "PingResponse"])
        #expect(world.metric("failures_total") == 1)
    }

    /// The broker might refuse it, and with it all that goes the same way.
    @Test func anAnswerThatIsTooLargeIsAnError() throws {
        let large = Array("\"\(String(repeating: "x", count: EventListener.answerBytesMax))\"".utf8)
        let world = try TestListener { event in
            let data = event.id == "large" ? large : Array("1".utf8)
            return [try event.answer(type: "Response", source: "/service", data: data)]
        }
        world.publish(Self.event("large", ""), Self.event("small", ""))
        #expect(Polling.until { world.answers.events.count == 2 && world.isSettled })
        #expect(Set(world.answers.events.map(\.type)) == ["switchboard.error", "Response"])
        #expect(world.metric("failures_total") == 1 && world.deadLetters.all.isEmpty)
    }

    @Test func anErrorOfTheHandlerIsTheEventsAnswer() throws {
        let world = try TestListener { event in
            if event.id == "bad" { throw Failure() }
            return try Self.answer(event)
        }
        world.publishTogether([
            Self.event("1", ""), Self.event("bad", #","returnaddress":"r","correlationid":"c""#), Self.event("2", ""),
        ])
        #expect(Polling.until { world.answers.events.count == 3 && world.isSettled })
        #expect(world.answers.events.map(\.type) == ["Response", "switchboard.error", "Response"])
        let error = world.answers.events[1]
        #expect(error.causationID == "bad" && error.string(.returnaddress) == "r" && error.correlationID == "c")
        let problem = try JSONValue.parse(try #require(error.data))
        #expect(problem["status"]?.integer == 502 && problem["type"]?.string == ProblemKind.listenerFailed.type)
        // What the handler said stays in the log.
        #expect(problem["detail"]?.string == "service failed on the event.")
        #expect(world.metric("failures_total") == 1 && world.metric("events_total") == 2)
        #expect(world.broker.statistics.messagesAcknowledged == 1 && world.deadLetters.all.isEmpty)
    }

    @Test(arguments: ["", "no JSON", "{}", "[1]", "{\"specversion\":\"1.0\"}", "[", "\u{0}"])
    func aMessageWithoutValidEventsGoesToTheDeadLetters(_ body: String) throws {
        let handled = Mutex<[String]>([])
        let world = try TestListener { event in
            handled.withLock { $0.append(event.id) }
            return try Self.answer(event)
        }
        world.publish(body)
        // None of a message is handled when a part of it is malformed.
        world.publishTogether([Self.event("lost", ""), body])
        world.publish(Self.event("fine", ""))
        let malformed = 2
        #expect(Polling.until { world.deadLetters.all.count == malformed && world.isSettled })
        #expect(world.deadLetters.bodies == [body, "[\(Self.event("lost", "")),\(body)]"])
        #expect(Polling.until { world.answers.events.map(\.causationID) == ["fine"] })
        #expect(handled.withLock { $0 } == ["fine"] && world.metric("malformed_total") == malformed)
        #expect(world.broker.statistics.messagesRejected == UInt64(malformed))
    }

    @Test func whatIsTooLateGoesToTheDeadLetters() throws {
        let world = try TestListener(handler: Self.answer)
        world.publishTogether([
            Self.event("late", #","expirytime":"2020-01-01T00:00:00Z""#), Self.event("1", ""),
            Self.event("2", #","expirytime":"2999-01-01T00:00:00Z""#),
        ])
        world.publish(Self.event("late", #","expirytime":"2020-01-01T00:00:00Z""#))
        #expect(Polling.until { world.metric("expired_total") == 2 && world.isSettled })
        #expect(Polling.until { world.answers.events.map(\.causationID) == ["1", "2"] })
        #expect(world.metric("events_total") == 2 && world.broker.statistics.messagesAcknowledged == 2)
        #expect(Polling.until { world.deadLetters.all.count == 2 })
        #expect(world.deadLetters.events.map(\.id) == ["late", "late"])
        for letter in world.deadLetters.all {
            #expect(letter.death?.reason == "expired" && letter.death?.queue == TestListener.queue)
            #expect(letter.death?.exchange == StandardTopology.eventsExchange && letter.death?.routingKey == "Request")
        }
    }

    @Test func anEventIsAcknowledgedWhenItsAnswersAreConfirmed() throws {
        let world = try TestListener(faults: [.held], handler: Self.answer)
        world.publish(Self.event("1", ""))
        #expect(Polling.until { world.broker.held == 1 })
        // Were it acknowledged already, a later message's acknowledgement would show it.
        world.publish(Self.event("2", ""))
        #expect(Polling.until { world.broker.statistics.messagesAcknowledged == 1 })
        #expect(world.broker.statistics.messagesUnsettled == 1 && world.metric("answers_total") == 1)
        #expect(Polling.until { world.answers.events.map(\.causationID) == ["2"] })
        world.broker.release()
        #expect(Polling.until { world.isSettled })
        #expect(world.broker.statistics.messagesAcknowledged == 2 && world.metric("answers_total") == 2)
        #expect(Polling.until { world.answers.events.map(\.causationID) == ["2", "1"] })
    }

    @Test(
        arguments: [
            .refused, .outcome(.rejected), .outcome(.unroutable), .outcome(.unavailable),
        ] as [FaultyBroker.Fault])
    func answersThatAreRefusedArePublishedAgain(_ fault: FaultyBroker.Fault) throws {
        let handled = Mutex<[String]>([])
        let world = try TestListener(faults: [fault, fault], deliveryLimit: 1) { event in
            handled.withLock { $0.append(event.id) }
            return try Self.answer(event)
        }
        world.publish(Self.event("1", ""))
        #expect(Polling.until { world.answers.events.count == 1 && world.isSettled })
        #expect(handled.withLock { $0 } == ["1"])
        #expect(world.broker.statistics.messagesRedelivered == 0 && world.broker.statistics.messagesAcknowledged == 1)
        #expect(world.metric("answers_total") == 1 && world.metric("answers_republished_total") == 2)
        #expect(world.deadLetters.all.isEmpty)
    }

    @Test func anEventWhoseAnswersFindNoBrokerComesAgain() throws {
        let handled = Mutex<[String]>([])
        let world = try TestListener(
            faults: [.outcome(.unavailable), .outcome(.unavailable)], brokerWaitMilliseconds: 0
        ) { event in
            handled.withLock { $0.append(event.id) }
            return try Self.answer(event)
        }
        world.publish(Self.event("1", ""))
        #expect(Polling.until { world.answers.events.count == 1 && world.isSettled })
        #expect(handled.withLock { $0 } == ["1", "1", "1"])
        #expect(world.broker.statistics.messagesRedelivered == 2 && world.broker.statistics.messagesAcknowledged == 1)
        #expect(world.metric("answers_total") == 1 && world.deadLetters.all.isEmpty)
    }

    @Test func answersThatExpireAreNotTriedAgain() throws {
        let world = try TestListener(faults: [.outcome(.expired)], handler: Self.answer)
        world.publish(Self.event("1", ""))
        #expect(Polling.until { world.broker.published == 1 && world.isSettled })
        #expect(world.broker.statistics.messagesAcknowledged == 1 && world.metric("answers_total") == 0)
        #expect(world.answers.all.isEmpty && world.deadLetters.all.isEmpty)
    }

    @Test func anEventThatFailsTooOftenGoesToTheDeadLetters() throws {
        let world = try TestListener(
            faults: [FaultyBroker.Fault](repeating: .outcome(.unavailable), count: 10), deliveryLimit: 2,
            brokerWaitMilliseconds: 0, handler: Self.answer)
        world.publish(Self.event("1", ""))
        #expect(Polling.until { world.deadLetters.bodies == [Self.event("1", "")] })
        // Once, and twice more.
        #expect(world.broker.published == 3 && world.answers.all.isEmpty)
    }

    /// As its answers always would.
    @Test func anEventWhoseAnswersAreNeverTakenGoesToTheDeadLetters() throws {
        let world = try TestListener(
            faults: [FaultyBroker.Fault](repeating: .outcome(.refused), count: 10), deliveryLimit: 2,
            handler: Self.answer)
        world.publish(Self.event("1", ""))
        #expect(Polling.until { world.deadLetters.bodies == [Self.event("1", "")] })
        #expect(world.broker.published == 3 && world.metric("answers_republished_total") == 0)
    }

    @Test func whatWaitedInTheQueueIsAnsweredTogether() throws {
        let world = try TestListener(starts: false, handler: Self.answer)
        for number in 0..<50 { world.publish(Self.event("\(number)", "")) }
        world.start()
        #expect(Polling.until { world.answers.events.count == 50 && world.isSettled })
        #expect(world.answers.events.map(\.causationID) == (0..<50).map(String.init))
        #expect(world.answers.all.count < 50)
    }

    private static let slowMilliseconds = 30

    @Sendable private static func answerSlowly(_ event: Event) throws -> [Event] {
        Polling.until(milliseconds: slowMilliseconds) { false }
        return try answer(event)
    }

    @Test func aSlowHandlersAnswersDoNotWaitForEachOther() throws {
        let world = try TestListener(starts: false, handler: Self.answerSlowly)
        world.publishTogether((0..<5).map { Self.event("\($0)", "") })
        for number in 5..<8 { world.publish(Self.event("\(number)", "")) }
        world.start()
        #expect(Polling.until { world.answers.events.count == 8 && world.isSettled })
        #expect(world.answers.events.map(\.causationID) == (0..<8).map(String.init))
        #expect(world.broker.published == 8)
        #expect(world.metric("answers_total") == 8 && world.metric("events_total") == 8)
        #expect(world.broker.statistics.messagesAcknowledged == 4)
    }

    /// The second of three answers to one message is held back.
    @Test func aMessageIsAcknowledgedWhenAllOfItIsAnswered() throws {
        let world = try TestListener(faults: [.outcome(.confirmed), .held], handler: Self.answerSlowly)
        world.publishTogether((0..<3).map { Self.event("\($0)", "") })
        #expect(Polling.until { world.broker.held == 1 && world.metric("answers_total") == 2 })
        #expect(world.broker.statistics.messagesAcknowledged == 0 && world.broker.statistics.messagesUnsettled == 1)
        world.broker.release()
        #expect(Polling.until { world.isSettled })
        #expect(world.broker.statistics.messagesAcknowledged == 1 && world.metric("answers_total") == 3)
    }

    @Test func aMessageOfWhichSomethingIsNotAnsweredComesAgain() throws {
        let handled = Mutex<[String]>([])
        let faults = [FaultyBroker.Fault.outcome(.confirmed), .outcome(.unavailable)]
        let world = try TestListener(faults: faults, brokerWaitMilliseconds: 0) { event in
            handled.withLock { $0.append(event.id) }
            return try Self.answerSlowly(event)
        }
        world.publishTogether((0..<3).map { Self.event("\($0)", "") })
        #expect(Polling.until { world.isSettled && world.broker.statistics.messagesAcknowledged == 1 })
        #expect(handled.withLock { $0 } == ["0", "1", "2", "0", "1", "2"])
        #expect(world.broker.statistics.messagesRejected == 1 && world.deadLetters.all.isEmpty)
    }

    @Test func stoppingLetsAnswersUnderWayArrive() throws {
        let world = try TestListener(faults: [.held], handler: Self.answer)
        world.publish(Self.event("1", ""))
        #expect(Polling.until { world.broker.held == 1 })
        let releasing = try Thread(name: "releasing") { [broker = world.broker] in
            Polling.until(milliseconds: 40) { false }
            broker.release()
        }
        world.stop(drainMilliseconds: 10_000)
        releasing.join()
        #expect(world.hub.messageCount(inQueue: TestListener.queue) == 0)
        #expect(world.broker.statistics.messagesAcknowledged == 1)
        #expect(Polling.until { world.answers.events.count == 1 })
    }

    @Test func stoppingGivesBackWhatIsNotAnswered() throws {
        let world = try TestListener(faults: [.held], handler: Self.answer)
        world.publish(Self.event("1", ""))
        #expect(Polling.until { world.broker.held == 1 })
        world.stop(drainMilliseconds: 20)
        #expect(world.hub.messageCount(inQueue: TestListener.queue) == 1 && world.answers.all.isEmpty)
    }
}
