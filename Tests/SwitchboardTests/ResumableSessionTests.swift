import Core
import TestSupport
import Testing

@testable import switchboard

@Suite struct ResumableSessionTests {
    typealias Side = GatewaySide
    static let ended = "the socket ended without a goodbye"

    @Test func comesBackWithItsQueryAndTakesWhatItMissed() throws {
        var side = try Side.open(endpoint: try Endpoint(parsing: "ws://h/p?room=1&after=9&resume=x&correlationid=y"))
        let answered = try side.request("A")
        let waiting = try side.request("B")
        #expect(try side.heard() == ["A \(answered)", "B \(waiting)"])
        #expect(side.say(Side.event("News", 1), Side.event("R", 2, answering: answered)).count == 2)
        #expect(side.breakSocket() == ["lost \(Self.ended), 100"])
        #expect(!side.session.wantsConnection(now: side.now.advanced(byMilliseconds: 99)))
        #expect(side.session.nextDeadline == side.now.advanced(byMilliseconds: 100))
        #expect(side.pass(milliseconds: 100) == [] && side.session.wantsConnection(now: side.now))
        #expect(try side.acceptSocket() == "/p?room=1&correlationid=c1&resume=t%201&after=0000000000000002")
        #expect(side.say(Side.resumed(4)) == ["resumed true +2 -0 ?1"])
        // The answer may be among what comes.
        #expect(try side.heard() == [])
        #expect(side.say(Side.event("News", 3)) == ["push News"])
        #expect(try side.heard() == [])
        #expect(side.say(Side.event("News", 4)) == ["push News"])
        #expect(try side.heard() == ["B \(waiting)"])
        #expect(side.say(Side.event("R", 5, answering: waiting)) == ["answer R \(waiting)"])
        #expect(side.session.pendingCount == 0)
    }

    @Test func whatIsAnsweredWhileItCatchesUpIsNotSentAgain() throws {
        var side = try Side.open()
        let id = try side.request("A")
        _ = side.breakSocket()
        _ = try side.acceptSocket()
        #expect(side.say(Side.resumed(1)) == ["resumed true +1 -0 ?1"])
        #expect(side.say(Side.event("R", 1, answering: id)) == ["answer R \(id)"])
        #expect(try side.heard() == [])
    }

    @Test func whatWasSaidToFollowIsNotWaitedForForEver() throws {
        var side = try Side.open()
        let id = try side.request("A")
        _ = side.breakSocket()
        _ = try side.acceptSocket()
        _ = side.say(Side.resumed(3))
        _ = side.pass(milliseconds: 999)
        #expect(try side.heard() == [])
        #expect(side.session.nextDeadline == side.now.advanced(byMilliseconds: 1))
        _ = side.pass(milliseconds: 1)
        #expect(try side.heard() == ["A \(id)"])
    }

    @Test func requestsWaitForTheConnectionInTheirOrder() throws {
        var side = try Side.open()
        let first = try side.request("A")
        #expect(try side.heard() == ["A \(first)"])
        _ = side.breakSocket()
        let others = try (1...20).map { try side.request("B\($0)") }
        _ = try side.acceptSocket()
        let opening = try side.request("C")
        #expect(try side.heard() == [])
        #expect(side.say(Side.resumed(0)) == ["resumed true +0 -0 ?1"])
        let expected = ["A \(first)"] + others.enumerated().map { "B\($0 + 1) \($1)" } + ["C \(opening)"]
        #expect(try side.heard() == expected)
    }

    @Test func repeatsAreDroppedAndGapsTold() throws {
        var side = try Side.open()
        #expect(side.say(Side.event("A", 1), Side.event("A", 1), Side.event("B", 2)) == ["push A", "push B"])
        #expect(side.say(Side.event("C", 5), Side.event("D", 4)) == ["gap 3 to 4", "push C"])
        #expect(side.say(Side.event("E", nil), Side.event("F", 6)) == ["push E", "push F"])
        #expect(side.session.status?.sequence == 6)
    }

    @Test func anAnswerThatIsWaitedForIsNoRepeat() throws {
        var side = try Side.open()
        let id = try side.request("A")
        #expect(side.say(Side.event("N", 3)) == ["gap 1 to 2", "push N"])
        #expect(side.say(Side.event("R", 2, answering: id)) == ["answer R \(id)"])
        #expect(side.say(Side.event("R", 2, answering: id)) == [])
    }

    @Test func aSessionThatIsOnlyPartlyThereTellsWhatIsLost() throws {
        var side = try Side.open()
        let id = try side.request("A")
        _ = try side.heard()
        _ = side.say(Side.event("N", 1))
        _ = side.breakSocket()
        _ = try side.acceptSocket()
        #expect(side.say(Side.resumed(9, first: 7)) == ["resumed false +3 -5 ?1"])
        #expect(
            side.say(Side.event("N", 7), Side.event("N", 8), Side.event("N", 9)) == ["push N", "push N", "push N"])
        #expect(try side.heard() == ["A \(id)"])
    }

    @Test(arguments: [
        Side.opened(Side.resumable, session: "c2"), Side.opened(Side.resumable),
        // It claims to be the same, and has not got as far.
        Side.resumed(0), Side.opened(#""resumetoken":"t","resumed":true,"sequence":"0000000000000001""#, session: "x"),
    ])
    func aNewSessionLosesWhatWasUnderWayAndSaysSo(_ opening: String) throws {
        var side = try Side.open()
        let lost = try [side.request("A"), side.request("B")]
        _ = try side.heard()
        _ = side.say(Side.event("N", 1))
        _ = side.breakSocket()
        let queued = try side.request("C")
        _ = try side.acceptSocket()
        let events = side.say(opening)
        #expect(events.count == 3 && events[0].hasPrefix("renewed c1 by "))
        #expect(Array(events.dropFirst()) == lost.map { "problem \($0): lost with the session" })
        // What never went out is as good for the new session.
        #expect(try side.heard() == ["C \(queued)"])
        #expect(side.say(Side.event("R", 1, answering: queued)) == ["answer R \(queued)"])
    }

    @Test func withoutATokenWhatWasUnderWayIsLostAtOnce() throws {
        var side = try Side.open(#""recovered":false,"sequence":"0000000000000000""#)
        let lost = try side.request("A")
        _ = try side.heard()
        _ = side.say(Side.event("N", 1))
        #expect(side.breakSocket() == ["lost \(Self.ended), 100", "problem \(lost): lost with the session"])
        #expect(try side.acceptSocket() == "/ws")
        #expect(side.say(Side.opened("\"sequence\":\"0000000000000000\"", session: "c2")) == ["renewed c1 by c2"])
        #expect(side.say(Side.event("N", 1)) == ["push N"])
        _ = side.pass(milliseconds: 5000)
        side.session.close(now: side.now)
        #expect(try side.heard() == ["close 1000"])
    }

    @Test func expiredWhileAwayItIsNotSentAgain() throws {
        var side = try Side.open()
        let old = try side.request("A")
        _ = try side.heard()
        _ = side.breakSocket()
        _ = side.pass(milliseconds: 500)
        let young = try side.request("B")
        _ = side.pass(milliseconds: 500)
        #expect(side.session.oldestPending == side.now.advanced(byMilliseconds: 0).earlier(byMilliseconds: 1000))
        #expect(side.session.expire(now: side.now, timeoutMilliseconds: 1000) == [old])
        _ = try side.acceptSocket()
        _ = side.say(Side.resumed(0))
        #expect(try side.heard() == ["B \(young)"])
        #expect(side.say(Side.event("R", 1, answering: old)) == ["push R"])
    }

    @Test func whatFindsNoRoomIsToldAndNotSent() throws {
        var side = try Side.open(Side.resumable + #","limits":{"inflight":2}"#)
        let ids = try (1...3).map { _ in try side.request("A") }
        #expect(try side.heard() == ["A \(ids[0])", "A \(ids[1])"])
        #expect(side.session.nextDeadline == MonotonicInstant(nanoseconds: 0))
        #expect(side.pass(milliseconds: 0) == ["problem \(ids[2]): not sent: 2 wait for answers"])
        #expect(side.session.pendingCount == 2)
    }

    @Test(arguments: Cutting.all)
    func itDoesNotMatterHowTheBytesAreCut(_ cutting: Cutting) throws {
        var side = try Side.open()
        let id = try side.request("A")
        _ = side.breakSocket()
        let request = side.connectSocket()
        var input = try SessionClientTests.handshake(request)
        for text in [Side.resumed(3), Side.event("N", 1), Side.event("N", 1), Side.event("R", 3, answering: id)] {
            input += SessionClientTests.frame(text)
        }
        input += SessionClientTests.close(.goingAway, "reconnect in 70")
        var seen: [String] = []
        var rest = input[...]
        for piece in cutting.pieces(of: input.count) {
            seen += side.receive(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        let text = "the gateway closed the connection with 1001 (it shuts down; try again shortly)"
        #expect(
            seen == [
                "resumed true +3 -0 ?1", "push N", "gap 2 to 2", "answer R \(id)",
                "lost \(text), saying `reconnect in 70`, 70",
            ])
    }

    /// Wherever the socket breaks in what the gateway sends, each event is seen once and the request gets its answer.
    @Test func cutAtEveryByteNothingIsLostOrRepeated() throws {
        let events = ["N", "M", "O"]
        let stream = events.enumerated().map { Side.event($1, UInt64($0 + 1)) }
        let bytes = stream.flatMap { SessionClientTests.frame($0) }
        for cut in 0...bytes.count {
            var side = try Side.open()
            let id = try side.request("A")
            var seen = side.receive(Array(bytes[..<cut]))
            #expect(side.breakSocket() == ["lost \(Self.ended), 100"])
            let target = try side.acceptSocket()
            let after = try #require(Int(target.suffix(16)))
            #expect(after == seen.count)
            #expect(side.say(Side.resumed(3)) == ["resumed true +\(3 - after) -0 ?1"])
            for text in stream[after...] { seen += side.say(text) }
            #expect(seen == events.map { "push \($0)" })
            #expect(try side.heard().last == "A \(id)")
            #expect(side.say(Side.event("R", 4, answering: id)) == ["answer R \(id)"])
        }
    }
}

extension MonotonicInstant {
    func earlier(byMilliseconds milliseconds: UInt64) -> Self {
        Self(nanoseconds: nanoseconds - milliseconds * 1_000_000)
    }
}
