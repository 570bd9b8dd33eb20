import Broker
import Core
import Glibc
import TestSupport
import Testing
import Tiers

@testable import Dispatcher

/// Answers from the broker to the instances that wait for them.
@Suite struct AnswersTests {
    static func failures(_ kinds: [(Int, ProblemKind)]) -> Receiver.Answer {
        .status(200, EventFailure.encode(kinds.map { EventFailure(index: $0.0, problem: Problem($0.1, "because")) }))
    }

    /// An address where nobody listens.
    private static func deadURL() throws -> String {
        let receiver = try Receiver()
        receiver.stop()
        return receiver.url
    }

    @Test func answersGoTogetherToTheirReturnAddresses() throws {
        let secret = "shared"
        let receivers = try (0..<2).map { _ in try Receiver { _, _ in .held } }
        let dispatcher = try TestDispatcher(secret: secret)
        for number in 0..<600 {
            dispatcher.publish([dispatcher.answer("\(number)", to: receivers[number % 2].url)])
        }
        #expect(Polling.until { dispatcher.metric("switchboard_answers_consumed_total") == 600 })
        #expect(dispatcher.metric("switchboard_answers_dispatched_total") == 0)
        for receiver in receivers { receiver.release() }
        #expect(Polling.until { dispatcher.metric("switchboard_answers_dispatched_total") == 600 })
        #expect(Polling.until { dispatcher.isSettled })
        let authenticator = InternalAuthenticator(secret: Array(secret.utf8))
        for (index, receiver) in receivers.enumerated() {
            #expect(receiver.ids.compactMap { Int($0) }.sorted() == Array(stride(from: index, to: 600, by: 2)))
            // Four are under way at once; the rest waited and went with those that followed.
            #expect(receiver.posts.count <= 6, "\(receiver.posts.map(\.events.count))")
            for post in receiver.posts {
                let numbers = post.ids.compactMap { Int($0) }
                #expect(numbers == numbers.sorted() && !numbers.isEmpty)
                #expect(post.head.headers.first("content-type") == "application/cloudevents-batch+json")
                #expect(
                    authenticator.verify(post.head, body: post.body, wallNanoseconds: SystemClock.wallNanoseconds())
                        == .accepted)
            }
        }
        #expect(dispatcher.deadLetters.all.isEmpty && dispatcher.metric("switchboard_destinations") == 2)
        #expect(dispatcher.broker.statistics.messagesAcknowledged > 0)
    }

    /// A message is acknowledged when the last of its events has come to its end.
    @Test func aMessageWithAnswersForSeveralIsSettledOnce() throws {
        let (fast, slow) = (try Receiver(), try Receiver { _, _ in .held })
        let dispatcher = try TestDispatcher()
        dispatcher.publish([
            dispatcher.answer("a", to: fast.url, #","data":"ü\n""#), dispatcher.answer("b", to: slow.url),
        ])
        #expect(Polling.until { fast.ids == ["a"] && slow.ids == ["b"] })
        #expect(Polling.until { dispatcher.metric("switchboard_answers_dispatched_total") == 1 })
        #expect(dispatcher.broker.statistics.messagesUnsettled == 1)
        slow.release()
        #expect(Polling.until { dispatcher.isSettled })
        #expect(dispatcher.broker.statistics.messagesAcknowledged == 1)
        let body = String(decoding: fast.posts[0].body, as: UTF8.self)
        let event = try body.replacing(Regex(#"^\[\{"servertiming":"dispatcher-return;dur=[0-9.]+","#), with: "[{")
        #expect(body != event && event == "[\(dispatcher.answer("a", to: fast.url, #","data":"ü\n""#))]")
    }

    @Test func aSessionThatIsFullIsOfferedItsAnswerAgain() throws {
        let receiver = try Receiver { number, post in
            number < 3 ? Self.failures([(post.ids.firstIndex(of: "b") ?? 99, .tooManyRequests)]) : .taken
        }
        let dispatcher = try TestDispatcher()
        dispatcher.publish(["a", "b", "c"].map { dispatcher.answer($0, to: receiver.url) })
        #expect(Polling.until { receiver.posts.count == 4 && dispatcher.isSettled })
        #expect(receiver.posts.map(\.ids) == [["a", "b", "c"], ["b"], ["b"], ["b"]])
        #expect(dispatcher.metric("switchboard_answers_retried_total") == 3)
        #expect(dispatcher.metric("switchboard_answers_dispatched_total") == 3)
        #expect(dispatcher.deadLetters.all.isEmpty && dispatcher.broker.statistics.messagesAcknowledged == 1)
    }

    @Test func aSessionThatStaysFullLosesItsAnswerToTheDeadLetters() throws {
        let receiver = try Receiver { _, _ in Self.failures([(0, .tooManyRequests)]) }
        let dispatcher = try TestDispatcher { $0.limits.answerLifetimeMilliseconds = 120 }
        let answer = dispatcher.answer("a", to: receiver.url)
        dispatcher.publish([answer])
        #expect(Polling.until { dispatcher.deadLetters.bodies == [answer] && dispatcher.isSettled })
        #expect(receiver.posts.count > 1)
    }

    @Test func slowSessionsHoldNoMoreThanTheyMay() throws {
        let receiver = try Receiver { _, post in Self.failures(post.ids.indices.map { ($0, .tooManyRequests) }) }
        let dispatcher = try TestDispatcher { $0.limits.heldAnswersMax = 2 }
        dispatcher.publish(["a", "b", "c", "d"].map { dispatcher.answer($0, to: receiver.url) })
        #expect(Polling.until { dispatcher.deadLetters.all.count == 2 })
        #expect(dispatcher.metric("switchboard_answers_held") == 2)
    }

    @Test func anInstanceThatIsOverloadedIsOfferedAllOfItAgain() throws {
        let receiver = try Receiver { number, _ in number == 0 ? .status(429, []) : .taken }
        let dispatcher = try TestDispatcher()
        dispatcher.publish(["a", "b"].map { dispatcher.answer($0, to: receiver.url) })
        #expect(
            Polling.until { dispatcher.metric("switchboard_answers_dispatched_total") == 2 && dispatcher.isSettled })
        #expect(dispatcher.deadLetters.all.isEmpty)
    }

    @Test func aSessionThatIsGoneIsCountedAndForgotten() throws {
        let receiver = try Receiver { _, _ in Self.failures([(0, .sessionGone), (2, .sessionGone)]) }
        let dispatcher = try TestDispatcher()
        dispatcher.publish(["a", "b", "c"].map { dispatcher.answer($0, to: receiver.url) })
        #expect(Polling.until { receiver.posts.count == 1 && dispatcher.isSettled })
        #expect(dispatcher.metric("switchboard_answers_session_gone_total") == 2)
        #expect(dispatcher.metric("switchboard_answers_dispatched_total") == 1)
        #expect(dispatcher.deadLetters.all.isEmpty && dispatcher.metric("switchboard_answers_dead_lettered_total") == 0)
    }

    @Test func otherRefusalsGoToTheDeadLetters() throws {
        let answers: [Receiver.Answer] = [
            // Positions that are none of the batch's are left out.
            Self.failures([(1, .malformedEvent), (7, .malformedEvent)]), .status(401, []),
            .status(404, Array("[]".utf8)), .status(202, Array("[]".utf8)), .status(200, Array("no list".utf8)),
            .status(200, Array(#"[{"index":"0"}]"#.utf8)),
            .status(200, Array(#"[{"index":-1,"problem":{}},{"index":0,"problem":{}},{"index":1,"problem":{}}]"#.utf8)),
        ]
        for (index, answer) in answers.enumerated() {
            let receiver = try Receiver { _, _ in answer }
            let dispatcher = try TestDispatcher()
            let sent = ["a", "b"].map { dispatcher.answer($0, to: receiver.url) }
            dispatcher.publish(sent)
            let lost = index == 0 ? [sent[1]] : sent
            #expect(
                Polling.until { dispatcher.deadLetters.all.count == lost.count && dispatcher.isSettled }, "\(answer)")
            #expect(dispatcher.deadLetters.bodies.sorted() == lost.sorted(), "\(answer)")
            #expect(dispatcher.deadLetters.all.allSatisfy { $0.routingKey == "undeliverable" })
            #expect(dispatcher.metric("switchboard_answers_dead_lettered_total") == lost.count)
            #expect(receiver.posts.count == 1)
        }
    }

    /// curl repeats a call whose connection has died, with its signature: another try has another.
    @Test func aCallThatIsTakenForARepeatedOneIsMadeAnew() throws {
        let receiver = try Receiver { number, _ in number == 0 ? .status(409, []) : .taken }
        let dispatcher = try TestDispatcher(secret: "the tiers' own")
        dispatcher.publish([dispatcher.answer("a", to: receiver.url)])
        #expect(Polling.until { receiver.posts.count == 2 && dispatcher.isSettled })
        let signatures = receiver.posts.compactMap { $0.head.headers.first("switchboard-signature") }
        #expect(Set(signatures).count == 2)
        #expect(dispatcher.metric("switchboard_answers_dispatched_total") == 1 && dispatcher.deadLetters.all.isEmpty)
    }

    @Test func anInstanceThatFailsForAWhileGetsItsAnswersInTheEnd() throws {
        let receiver = try Receiver { number, _ in number < 2 ? .status(503, []) : .taken }
        let dispatcher = try TestDispatcher()
        dispatcher.publish([dispatcher.answer("a", to: receiver.url)])
        #expect(Polling.until { receiver.posts.count == 3 && dispatcher.isSettled })
        #expect(dispatcher.metric("switchboard_answers_dispatched_total") == 1 && dispatcher.deadLetters.all.isEmpty)
    }

    @Test func whatCanNotBeDeliveredInTimeGoesToTheDeadLetters() throws {
        let url = try Self.deadURL()
        let dispatcher = try TestDispatcher { $0.limits.answerLifetimeMilliseconds = 100 }
        let receiver = try Receiver()
        let lost = dispatcher.answer("lost", to: url)
        // Its time is over before it could be sent at all.
        let late = dispatcher.answer("late", to: receiver.url, #","expirytime":"2020-01-01T00:00:00Z""#)
        dispatcher.publish([lost, dispatcher.answer("fine", to: receiver.url), late])
        #expect(Polling.until { dispatcher.deadLetters.all.count == 2 && dispatcher.isSettled })
        #expect(Set(dispatcher.deadLetters.bodies) == [lost, late] && receiver.ids == ["fine"])
        #expect(dispatcher.deadLetters.reason(of: late) == "deadline-passed")
        #expect(dispatcher.deadLetters.reason(of: lost) == "unavailable")
        #expect(dispatcher.metric("switchboard_answers_dead_lettered_total") == 2)
    }

    /// One instance can't be reached, and is left half of what the broker hands out: the other one gets all of its own.
    @Test func anInstanceThatCanNotBeReachedCrowdsOutNoOther() throws {
        let url = try Self.deadURL()
        let receiver = try Receiver()
        let dispatcher = try TestDispatcher { $0.limits.prefetch = 20 }
        dispatcher.publish([dispatcher.answer("first", to: receiver.url)])
        #expect(Polling.until { receiver.ids == ["first"] })
        for number in 0..<40 { dispatcher.publish([dispatcher.answer("lost \(number)", to: url)]) }
        for number in 0..<10 { dispatcher.publish([dispatcher.answer("\(number)", to: receiver.url)]) }
        #expect(Polling.until { receiver.ids.count == 11 && dispatcher.deadLetters.all.count == 30 })
        #expect(dispatcher.deadLetters.all.allSatisfy { $0.death?.reason == "unavailable" })
    }

    /// There is nobody whom it would help.
    @Test func instancesThatFailTogetherKeepTheirAnswers() throws {
        let isAway = Mutex(false)
        let receivers = try (0..<2).map { _ in
            try Receiver { _, _ in isAway.withLock { $0 } ? .status(503, []) : .taken }
        }
        let dispatcher = try TestDispatcher { $0.limits.prefetch = 20 }
        for receiver in receivers { dispatcher.publish([dispatcher.answer("first", to: receiver.url)]) }
        #expect(Polling.until { dispatcher.isSettled && receivers.allSatisfy { $0.ids == ["first"] } })
        isAway.withLock { $0 = true }
        for number in 0..<20 {
            for receiver in receivers { dispatcher.publish([dispatcher.answer("\(number)", to: receiver.url)]) }
        }
        // Longer than the patience with one of them.
        usleep(5_500_000)
        isAway.withLock { $0 = false }
        #expect(Polling.until { dispatcher.isSettled && receivers.allSatisfy { Set($0.ids).count == 21 } })
        #expect(dispatcher.deadLetters.all.isEmpty)
    }

    /// Nobody else wants them.
    @Test func theOnlyInstanceMayHaveAllOfThem() throws {
        let receiver = try Receiver { number, _ in number < 10 ? .status(503, []) : .taken }
        let dispatcher = try TestDispatcher { $0.limits.prefetch = 20 }
        for number in 0..<40 { dispatcher.publish([dispatcher.answer("\(number)", to: receiver.url)]) }
        #expect(Polling.until { dispatcher.isSettled && Set(receiver.ids).count == 40 })
        #expect(dispatcher.deadLetters.all.isEmpty)
    }

    @Test func oneThatIsTooLargeTakesNoOthersWithIt() throws {
        let receiver = try Receiver()
        let dispatcher = try TestDispatcher { $0.limits.answerBytesMax = 2000 }
        let data = String(repeating: "x", count: 2000)
        let large = dispatcher.answer("large", to: receiver.url, #","data":"\#(data)""#)
        dispatcher.publish([dispatcher.answer("a", to: receiver.url), large, dispatcher.answer("b", to: receiver.url)])
        #expect(Polling.until { dispatcher.deadLetters.all.count == 1 && dispatcher.isSettled })
        #expect(receiver.ids == ["a", "b"] && dispatcher.deadLetters.reason(of: large) == "content-too-large")
    }

    /// An answer's own time, not the default.
    @Test func anExpiryIsKeptTo() throws {
        let url = try Self.deadURL()
        let dispatcher = try TestDispatcher()
        var soon: [UInt8] = []
        RFC3339.append(wallNanoseconds: SystemClock.wallNanoseconds() + 150_000_000, to: &soon)
        let expiry = String(decoding: soon, as: UTF8.self)
        let answer = dispatcher.answer("a", to: url, #","expirytime":"\#(expiry)""#)
        dispatcher.publish([answer])
        #expect(Polling.until { dispatcher.deadLetters.bodies == [answer] })
        #expect(SystemClock.wallNanoseconds() >= soon.withUnsafeBytes { RFC3339.parse($0) ?? .max })
    }

    @Test(arguments: [nil, "shared"] as [String?])
    func aForgedReturnAddressIsNeverCalled(_ secret: String?) throws {
        let receiver = try Receiver()
        let dispatcher = try TestDispatcher(secret: secret)
        let place = "00000000000000050000000000000007"
        let good = dispatcher.returnAddress(receiver.url)
        let others = InternalAuthenticator(secret: Array("another".utf8))
        let sealed = ReturnAddress(instance: 5, handle: 7, url: receiver.url).encoded(by: others)
        var addresses = [
            "x", place, "\(place).\(receiver.url)", "\(place)...", good.replacing(place, with: "x" + place.dropFirst()),
            String(decoding: sealed, as: UTF8.self), "\(place).." + String(repeating: "x", count: 600),
        ]
        if secret == nil {
            let port = RawSocket.port(of: receiver.url)
            addresses += [
                "http://192.0.2.1:\(port)", "http://127.0.0.1.example:\(port)", "http://127.0.0.1:\(port)@192.0.2.1",
                "https://192.0.2.1:\(port)", "file:///etc/passwd", "http://localhost.example:\(port)",
                "http://0.0.0.0:\(port)",
            ].map { "\(place)..\($0)" }
        } else {
            addresses += [
                "\(place)..\(receiver.url)", good.replacing(place, with: "00000000000000050000000000000008"),
                good + "/elsewhere", good.replacing("127.0.0.1", with: "127.0.0.2"),
            ]
        }
        let forged = addresses.map { dispatcher.answer("forged", at: $0) }
        let missing = TestDispatcher.event("forged", type: "PingResponse", "")
        dispatcher.publish(forged + [dispatcher.answer("good", to: receiver.url), missing])
        #expect(Polling.until { dispatcher.deadLetters.all.count == forged.count + 1 && dispatcher.isSettled })
        #expect(Set(dispatcher.deadLetters.bodies) == Set(forged + [missing]))
        #expect(receiver.ids == ["good"])
        #expect(dispatcher.metric("switchboard_answers_forged_total") == forged.count + 1)
        #expect(dispatcher.metric("switchboard_destinations") == 1)
    }

    @Test(arguments: [["no JSON"], ["{}"], ["1"], ["{\"id\":1}"], ["[]]"], ["", ""]])
    func malformedMessagesGoToTheDeadLettersWhole(_ events: [String]) throws {
        let receiver = try Receiver()
        let dispatcher = try TestDispatcher()
        // The valid one in front must not be delivered: its message comes to the dead letters with it.
        dispatcher.publish([dispatcher.answer("x", to: receiver.url)] + events)
        dispatcher.publish([events[0] + " "])
        dispatcher.publish([dispatcher.answer("good", to: receiver.url)])
        #expect(Polling.until { dispatcher.deadLetters.all.count == 2 && dispatcher.isSettled })
        #expect(dispatcher.deadLetters.all.allSatisfy { $0.routingKey == StandardTopology.responsesRoutingKey })
        #expect(Polling.until { receiver.ids == ["good"] })
        #expect(dispatcher.broker.statistics.messagesRejected == 2)
    }

    @Test func theNumberOfInstancesIsBounded() throws {
        let busy = try Receiver { _, _ in .held }
        let next = try Receiver()
        let dispatcher = try TestDispatcher { $0.limits.destinationsMax = 1 }
        dispatcher.publish([dispatcher.answer("a", to: busy.url)])
        #expect(Polling.until { busy.ids == ["a"] })
        let refused = dispatcher.answer("b", to: next.url)
        dispatcher.publish([refused])
        #expect(Polling.until { dispatcher.deadLetters.bodies == [refused] })
        busy.release()
        #expect(Polling.until { dispatcher.isSettled })
        // An idle instance makes room.
        dispatcher.publish([dispatcher.answer("c", to: next.url)])
        #expect(Polling.until { next.ids == ["c"] && dispatcher.isSettled })
        #expect(dispatcher.metric("switchboard_destinations") == 1)
    }

    /// An instance that never answers holds up the end no longer than the drain time; its answers go back to the broker.
    @Test func stoppingGivesBackWhatIsNotDelivered() throws {
        let receiver = try Receiver { _, _ in .held }
        let dispatcher = try TestDispatcher(drainMilliseconds: 50)
        dispatcher.publish([dispatcher.answer("a", to: receiver.url)])
        #expect(Polling.until { receiver.ids == ["a"] })
        dispatcher.stop()
        #expect(dispatcher.hub.messageCount(inQueue: StandardTopology.responsesQueue) == 1)
        #expect(dispatcher.deadLetters.all.isEmpty)
    }
}
