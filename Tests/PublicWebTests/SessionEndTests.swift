import Core
import JSON
import TestSupport
import Testing

@testable import PublicWeb

/// Connections that the gateway ends or loses, and what their sessions keep.
@Suite struct SessionEndTests {
    /// Each has a part of the time that is its alone.
    @Test func everyConnectionIsSentAwayWithASlotOfItsOwn() throws {
        let tiers = try TestTiers(.webOnly) {
            $0.loops = 1
            $0.drainMilliseconds = 400
        }
        let peers = try (0..<15).map { _ in try tiers.open().peer }
        let streams = try (0..<5).map {
            try EventStreamPeer(tiers, "/sessions/s-\($0)/events")
        }
        for stream in streams { #expect(stream.next() != nil) }
        let stopper = try Thread(name: "stopper") { [web = tiers.web] in web.stop() }
        var slots: [Int] = []
        for peer in peers {
            let close = try #require(peer.next())
            #expect(close.hasPrefix("close 1001 reconnect in "), "\(close)")
            slots.append(Int(close.dropFirst("close 1001 reconnect in ".utf8.count)) ?? -1)
            peer.send([0x03, 0xE9], .close)
        }
        for stream in streams {
            let lines = try #require(stream.nextBlock())
            #expect(lines.last?.hasPrefix(": 1001 ") == true, "\(lines)")
            slots.append(lines.first { $0.hasPrefix("retry: ") }.flatMap { Int($0.dropFirst(7)) } ?? -1)
            #expect(stream.socket.readToEnd())
        }
        #expect(slots.sorted().map { $0 / 20 } == Array(0..<20), "\(slots.sorted())")
        stopper.join()
    }

    @Test(arguments: [1, 4])
    func aHalfOpenConnectionIsFoundAndItsSessionGoesOn(_ loops: Int) throws {
        let tiers = try TestTiers(.silentListener) {
            $0.loops = loops
            $0.limits.pingIntervalMilliseconds = 100
            $0.limits.pongTimeoutMilliseconds = 100
        }
        let (peer, session) = try tiers.open("correlationid=half-open")
        peer.request("a")
        #expect(try Polling.until { try tiers.shown(session)?["pending"]?.integer == 1 })
        // It stays open on the client's side, and says nothing.
        #expect(try tiers.awaitDetached(session))
        #expect(peer.next()?.hasPrefix("ping ") == true)
        #expect(peer.socket.readToEnd())
        #expect(try tiers.answer("a", of: session) == nil)
        let (next, resumed) = try tiers.open(session.query(after: 0))
        #expect(resumed.isResumed && resumed.isRecovered && resumed.sequence == 1)
        #expect(next.numbered(1) == ["1:answer-a"])
    }

    @Test(arguments: [1, 4])
    func nothingIsLeftOfSessionsThatLingeredOut(_ loops: Int) throws {
        let tiers = try TestTiers(.silentListener) {
            $0.loops = loops
            $0.limits.sessions.lingerMilliseconds = 200
        }
        for number in 0..<20 {
            let (peer, session) = try tiers.open("correlationid=s-\(number)")
            peer.request("a")
            try tiers.push(1...3, to: session)
            #expect(peer.numbered(3) == ["1:p1", "2:p2", "3:p3"])
            peer.socket.resetOnClose()
            peer.socket.close()
        }
        #expect(try tiers.isEmptied())
        #expect(try tiers.metric("switchboard_sessions_expired_total") == 20)
    }
}
