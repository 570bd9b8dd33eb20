import Core
import TestSupport
import Testing

@testable import switchboard

/// When a lost session connects again, and when it does not.
@Suite struct ReconnectTests {
    typealias Side = GatewaySide

    @Test func everyCloseCodeHasItsVerdict() throws {
        let again: Set<UInt16> = [1001, 1011, 1012, 1013, 1014, 4003, 4008, 4029]
        for code in Array(1000...1003) + Array(1007...1014) + [3000, 3999, 4000, 4001, 4003, 4008, 4029, 4999] {
            let code = UInt16(code)
            var side = try Side.open()
            let events = side.close(code)
            #expect(events.count == 1)
            #expect(events[0].hasPrefix(again.contains(code) ? "lost " : "ended "), "\(code): \(events)")
            #expect(events[0].contains("with \(code) ("))
            #expect(try side.heard() == ["close \(code)"])
            #expect(!side.session.usesSocket && side.session.wantsConnection(now: .max) == again.contains(code))
        }
    }

    @Test func aCloseWithoutACodeIsALoss() throws {
        var side = try Side.open()
        let events = side.receive(SessionClientTests.close(nil))
        #expect(events == ["lost the gateway closed the connection without a code, 100"])
    }

    @Test(
        arguments: [
            ("reconnect in 0", .slot(milliseconds: 0)), ("reconnect in 250", .slot(milliseconds: 250)),
            ("reconnect in 99999999", .slot(milliseconds: 300_000)), ("", .backoff), ("reconnect in ", .backoff),
            ("reconnect in -1", .backoff), ("reconnect in +1", .backoff), ("reconnect in 5 ", .backoff),
            ("reconnect in 99999999999999999999", .backoff), ("soon", .backoff),
        ] as [(String, ReconnectVerdict)])
    func slots(_ reason: String, _ verdict: ReconnectVerdict) {
        #expect(ReconnectVerdict.of(closeCode: 1001, reason: reason) == verdict)
        #expect(ReconnectVerdict.of(closeCode: 1000, reason: reason) == .never)
        #expect(ReconnectVerdict.of(closeCode: 1012, reason: reason) == .backoff)
    }

    @Test(
        arguments: [
            (403, nil, .never), (404, nil, .never), (409, nil, .never), (409, 1, .notBefore(milliseconds: 1000)),
            (426, nil, .never), (401, nil, .never),
            (200, nil, .never), (503, nil, .backoff), (503, 0, .notBefore(milliseconds: 0)),
            (503, 2, .notBefore(milliseconds: 2000)), (429, 1, .notBefore(milliseconds: 1000)),
            (502, nil, .backoff), (503, .max, .notBefore(milliseconds: 300_000)),
        ] as [(Int, UInt64?, ReconnectVerdict)])
    func refusals(_ status: Int, _ retryAfter: UInt64?, _ verdict: ReconnectVerdict) throws {
        #expect(ReconnectVerdict.of(HandshakeRefusal(status: status, retryAfterSeconds: retryAfter)) == verdict)
        var side = try Side.open()
        _ = side.breakSocket()
        _ = side.connectSocket()
        let header = retryAfter.map { "Retry-After: \($0)\r\n" } ?? ""
        let body = #"{"detail":"so it is"}"#
        let events = side.receive(
            Array("HTTP/1.1 \(status) X\r\n\(header)Content-Length: \(body.count)\r\n\r\n\(body)".utf8))
        let text = "the server refused the WebSocket with status \(status): so it is"
        switch verdict {
        case .never: #expect(events == ["ended \(text)"])
        case .backoff: #expect(events == ["retrying \(text), 200"])
        // The jitter on top keeps apart those who were told the same.
        case .notBefore(let milliseconds): #expect(events == ["retrying \(text), \(milliseconds + 200)"])
        case .slot: Issue.record("no refusal has a slot")
        }
    }

    @Test func theFirstConnectionFailsAtOnce() throws {
        var refused = Side()
        _ = refused.connectSocket()
        #expect(
            refused.receive(Array("HTTP/1.1 503 X\r\nRetry-After: 1\r\n\r\n".utf8))
                == ["ended the server refused the WebSocket with status 503"])
        var silent = Side()
        _ = try silent.acceptSocket()
        #expect(silent.pass(milliseconds: 4999) == [])
        #expect(silent.pass(milliseconds: 1) == ["ended the server does not answer"])
        var broken = Side()
        _ = try broken.acceptSocket()
        #expect(broken.breakSocket() == ["ended the socket ended without a goodbye"])
    }

    @Test func withoutReconnectingEveryLossIsTheEnd() throws {
        var side = try Side.open(reconnects: false)
        #expect(side.close(1001, "reconnect in 5").first?.hasPrefix("ended the gateway closed") == true)
        var broken = try Side.open(reconnects: false)
        #expect(broken.breakSocket() == ["ended the socket ended without a goodbye"])
        #expect(!broken.session.wantsConnection(now: .max))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func waitsAreWithinTheirBounds(_ seed: UInt64) {
        var backoff = ReconnectBackoff(random: SeededRandom(seed: seed))
        var waits: [UInt64] = []
        for ceiling in [100, 200, 400, 800, 1600, 3200, 6400] + [UInt64](repeating: 10_000, count: 100) {
            #expect(backoff.ceilingMilliseconds == ceiling)
            waits.append(backoff.nextMilliseconds())
            #expect(waits[waits.count - 1] <= ceiling)
        }
        // Full jitter: a hundred even draws reach both ends.
        #expect(waits.suffix(100).contains { $0 < 2000 } && waits.suffix(100).contains { $0 > 8000 })
        #expect(Set(waits.suffix(100)).count > 90)
        backoff.reset()
        #expect(backoff.ceilingMilliseconds == 100)
    }

    @Test func waitsGrowUntilAConnectionHasLasted() throws {
        var side = try Side.open()
        #expect(side.breakSocket().last?.hasSuffix(", 100") == true)
        for wait in [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000] {
            side.session.connecting()
            let events = side.session.connectFailed(LinkFailure("no route"), now: side.now).map(Side.describe)
            #expect(events == ["retrying no route, \(wait)"])
        }
        _ = try side.acceptSocket()
        #expect(side.say(Side.resumed(0)).count == 1)
        _ = side.pass(milliseconds: 9_999)
        #expect(side.breakSocket().last?.hasSuffix(", 10000") == true)
        _ = try side.acceptSocket()
        #expect(side.say(Side.resumed(0)).count == 1)
        _ = side.pass(milliseconds: 10_000)
        #expect(side.breakSocket().last?.hasSuffix(", 100") == true)
    }

    @Test func aCertificateThatIsNotTrustedIsNotTriedAgain() throws {
        var side = try Side.open()
        _ = side.breakSocket()
        side.session.connecting()
        let events = side.session.connectFailed(LinkFailure(.notTrusted("self-signed")), now: side.now)
        #expect(events.map(Side.describe) == ["ended self-signed"])
    }

    @Test func silenceBeyondTheHeartbeatIsALoss() throws {
        var side = try Side.open()
        #expect(side.pass(milliseconds: 34_999) == [])
        // A ping is as good as an event.
        #expect(side.receive(SessionClientTests.frame("", .ping)) == [])
        #expect(try side.heard() == ["pong"])
        #expect(side.pass(milliseconds: 34_999) == [])
        #expect(side.session.nextDeadline == side.now.advanced(byMilliseconds: 1))
        #expect(side.pass(milliseconds: 1) == ["lost nothing came for 35 s, 100"])
        #expect(!side.session.usesSocket && side.session.output.isEmpty)
    }

    @Test func aGatewayThatConnectsAndSaysNothingIsGivenUp() throws {
        var side = try Side.open()
        _ = side.breakSocket()
        _ = try side.acceptSocket()
        #expect(side.pass(milliseconds: 4999) == [])
        #expect(side.pass(milliseconds: 1) == ["retrying the server does not answer, 200"])
    }

    @Test func aDropIsALoss() throws {
        var side = try Side.open()
        _ = try side.request("A")
        side.session.drop(now: side.now)
        #expect(side.session.output.isEmpty)
        #expect(side.pass(milliseconds: 0) == ["lost cut from here, 100"])
        side.session.drop(now: side.now)
        #expect(side.pass(milliseconds: 0) == [])
    }

    @Test func acknowledgesInTimeAndBeforeTheEnd() throws {
        var side = try Side.open()
        for sequence in 1...63 as ClosedRange<UInt64> { _ = side.say(Side.event("N", sequence)) }
        #expect(try side.heard() == [])
        _ = side.say(Side.event("N", 64))
        #expect(try side.heard() == [#"ack {"sequence":"0000000000000064"}"#])
        #expect(side.session.status?.acknowledged == 64)
        _ = side.pass(milliseconds: 5000)
        #expect(try side.heard() == [])
        _ = side.say(Side.event("N", 65))
        #expect(side.session.nextDeadline == side.now.advanced(byMilliseconds: 1000))
        _ = side.pass(milliseconds: 999)
        #expect(try side.heard() == [])
        _ = side.pass(milliseconds: 1)
        #expect(try side.heard() == [#"ack {"sequence":"0000000000000065"}"#])
        _ = side.say(Side.event("N", 66))
        side.session.close(now: side.now)
        #expect(try side.heard() == [#"ack {"sequence":"0000000000000066"}"#, "end", "close 1000"])
        #expect(!side.session.hasClosed && !side.session.wantsConnection(now: .max))
        #expect(side.close(1000) == [] && side.session.hasClosed)
    }

    @Test func closingWhileAwayLeavesNothingToSend() throws {
        var side = try Side.open()
        _ = side.breakSocket()
        side.session.close(now: side.now)
        #expect(side.session.hasClosed && side.session.output.isEmpty && !side.session.wantsConnection(now: .max))
    }

    @Test func theStatusTellsWhereItStands() throws {
        var side = try Side.open(Side.resumable + #","instance":"i1""#)
        let start = side.now
        _ = try side.request("A")
        _ = side.say(Side.event("N", 1))
        let status = try #require(side.session.status)
        #expect(status.correlationID == "c1" && status.instance == "i1" && status.pending == 1)
        #expect(status.sequence == 1 && status.acknowledged == 0 && status.connection == .open(since: start))
        _ = side.pass(milliseconds: 10)
        _ = side.breakSocket()
        let away = SessionStatus.Connection.away(since: side.now, retryAt: side.now.advanced(byMilliseconds: 100))
        #expect(side.session.status?.connection == away)
        side.session.connecting()
        #expect(side.session.status?.connection == .connecting(since: side.now))
    }
}

extension MonotonicInstant {
    static let max = MonotonicInstant(nanoseconds: .max)
}
