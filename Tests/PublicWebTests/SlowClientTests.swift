import JSON
import TestSupport
import Testing

@testable import PublicWeb

/// Clients that read slowly, or not at all.
@Suite struct SlowClientTests {
    private static func push(_ peer: SessionPeer, _ tiers: TestTiers, _ id: Int, bytes: Int) throws -> RawResponse {
        let padding = String(repeating: "x", count: bytes)
        return try tiers.dispatch(
            #"{"specversion":"1.0","id":"\#(id)","source":"/s","type":"News","correlationid":"\#(peer.name)","data":"\#(padding)","returnaddress":"\#(try peer.returnAddress(tiers))"}"#
        )
    }

    /// Pushes until one is not taken: the kernel takes some megabytes before the gateway has to keep anything.
    private static func fill(_ peer: SessionPeer, _ tiers: TestTiers) throws -> Int? {
        for id in 1...2000 where try push(peer, tiers, id, bytes: 20_000).body.contains("too-many-requests") {
            return id
        }
        return nil
    }

    @Test func whoLagsIsOfferedLaterAndGetsAllWhenItReads() throws {
        let tiers = try TestTiers(.webOnly) {
            $0.limits.sessions.outputSoftMilliseconds = 60_000
            $0.limits.sessions.replayBytesMax = 64 << 20
            $0.limits.sessions.replayEventsMax = 100_000
        }
        let peer = try SessionPeer(tiers, receiveBytes: 4096)
        let refused = try #require(try Self.fill(peer, tiers))
        #expect(try tiers.metric("switchboard_dispatch_refused_total") == 1)
        for id in 1..<refused { #expect(peer.next() == "\(id) News of nothing") }
        #expect(try Polling.until { try Self.push(peer, tiers, refused, bytes: 10).body == "[]" })
        #expect(peer.next() == "\(refused) News of nothing")
    }

    @Test func whoDoesNotReadLosesItsConnectionAndNotItsSession() throws {
        let tiers = try TestTiers(.webOnly) { $0.limits.sessions.outputSoftMilliseconds = 100 }
        let peer = try SessionPeer(tiers, receiveBytes: 4096)
        let refused = try #require(try Self.fill(peer, tiers))
        #expect(try Polling.until { try tiers.metric("switchboard_slow_clients_closed_total") == 1 })
        #expect(try Polling.until { try peer.state(tiers)["state"]?.string == "detached" })
        // Without a connection its events are kept again.
        #expect(try Self.push(peer, tiers, refused, bytes: 10).body == "[]")
        let last = try SessionPeer(tiers, peer.query(after: refused - 1))
        #expect(last.isRecovered && last.next() == "\(refused) News of nothing")
    }

    /// It could never be given to any client, and all that follows would wait behind it.
    @Test func anAnswerThatIsTooLargeEndsItsRequestAndNotTheConnection() throws {
        let tiers = try TestTiers(.silentListener)
        let peer = try SessionPeer(tiers)
        peer.ping("1")
        #expect(try Polling.until { try tiers.metric("switchboard_events_pending") == 1 })
        let padding = String(repeating: "x", count: 700_000)
        let large =
            #"{"specversion":"1.0","id":"x","source":"/s","type":"PingResponse","causationid":"1","correlationid":"\#(peer.name)","data":"\#(padding)","returnaddress":"\#(try peer.returnAddress(tiers))"}"#
        #expect(try tiers.dispatch(large).body == "[]")
        #expect(peer.next() == "1 switchboard.error of 1")
        #expect(try Self.push(peer, tiers, 2, bytes: 700_000).body.contains("content-too-large"))
        #expect(try Self.push(peer, tiers, 3, bytes: 400_000).body == "[]")
        #expect(peer.next() == "2 News of nothing")
    }

    /// A replay that does not fit into the connection at once goes out as the client reads, and what is new follows it.
    @Test(arguments: 0..<3) func aLongReplayIsPaced(_ round: Int) throws {
        let tiers = try TestTiers(.webOnly) { $0.limits.sessions.replayBytesMax = 64 << 20 }
        let peer = try SessionPeer(tiers)
        peer.vanish()
        #expect(try Polling.until { try tiers.metric("switchboard_sessions_detached") == 1 })
        for id in 1...200 { #expect(try Self.push(peer, tiers, id, bytes: 1000).body == "[]") }
        let later = try SessionPeer(tiers, peer.query(after: 0), receiveBytes: 4096)
        #expect(later.isRecovered)
        for id in 201...210 { #expect(try Self.push(peer, tiers, id, bytes: 1000).body == "[]") }
        for id in 1...210 { #expect(later.next() == "\(id) News of nothing") }
    }
}
