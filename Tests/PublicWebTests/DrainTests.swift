import Core
import TestSupport
import Testing

@testable import PublicWeb

/// The end of a public-web process.
@Suite struct DrainTests {
    @Test func sessionsAreSentAwayWithASlot() throws {
        let tiers = try TestTiers { $0.limits.closeAnswerMilliseconds = 5000 }
        let peers = try (0..<8).map { _ in try WebSocketPeer(port: tiers.publicPort) }
        for peer in peers { _ = peer.nextEvent() }
        let idle = try RawSocket(port: tiers.publicPort)
        idle.send("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n")
        #expect(RawResponse.read(idle)?.status == 200)
        let stopper = try Thread(name: "stopper") { [web = tiers.web] in web.stop() }
        for peer in peers {
            let close = try #require(peer.next())
            #expect(close.hasPrefix("close 1001 reconnect in "), "\(close)")
            peer.send([0x03, 0xE9], .close)
        }
        #expect(idle.readToEnd())
        stopper.join()
        #expect(throws: RawSocket.Failure.self) { try RawSocket(port: tiers.publicPort) }
    }

    /// Guards against loops that stop before the others, with connections of theirs that nobody answers.
    @Test func theInternalListenerAnswersToTheEnd() throws {
        let tiers = try TestTiers(.silentListener) { $0.drainMilliseconds = 60_000 }
        var waiting: RawSocket? = try RawSocket(port: tiers.publicPort)
        waiting?.send("POST /ping HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n")
        #expect(try Polling.until { try tiers.metric("switchboard_events_pending") == 1 })
        let stopper = try Thread(name: "stopper") { [web = tiers.web] in web.stop() }
        // Then all loops have begun to drain.
        #expect(Polling.until { (try? RawSocket(port: tiers.publicPort)) == nil })
        for _ in 0..<40 {
            #expect(try tiers.ask("GET /readyz HTTP/1.1\r\n", port: tiers.internalPort).status == 503)
        }
        waiting?.resetOnClose()
        waiting = nil
        stopper.join()
    }

    @Test func itEndsEvenIfClientsDoNotAnswer() throws {
        let tiers = try TestTiers(.webOnly) { $0.drainMilliseconds = 100 }
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        tiers.web.stop()
        #expect(peer.next()?.hasPrefix("close 1001 ") == true)
    }
}
