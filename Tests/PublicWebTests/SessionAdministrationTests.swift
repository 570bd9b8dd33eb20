import Core
import JSON
import TestSupport
import Testing
import Tiers

@testable import PublicWeb

/// What the internal listener tells of sessions, and does to them.
@Suite struct SessionAdministrationTests {
    @Test func allAreListedPageByPage() throws {
        let tiers = try TestTiers(.webOnly)
        let peers = try (0..<25).map { _ in try SessionPeer(tiers) }
        var names: [String] = []
        var next: String?
        var pages = 0
        repeat {
            let query = "?limit=4" + (next.map { "&after=\($0)" } ?? "")
            let response = try tiers.ask("GET /sessions\(query) HTTP/1.1\r\n", port: tiers.internalPort)
            let page = try JSONValue.parse(Array(response.body.utf8))
            guard case .array(let sessions) = page["sessions"] else { return #expect(Bool(false), "\(response)") }
            #expect(sessions.count <= 4)
            names += sessions.compactMap { $0["correlationid"]?.string }
            next = page["next"]?.string
            pages += 1
        } while next != nil && pages < 100
        #expect(names.count == 25 && Set(names) == Set(peers.map(\.name)))
        for wrong in ["?limit=0", "?limit=x", "?after=9.0", "?after=0", "?after=0.-1"] {
            #expect(try tiers.ask("GET /sessions\(wrong) HTTP/1.1\r\n", port: tiers.internalPort).status == 400)
        }
    }

    @Test func oneIsShownAndEnded() throws {
        let tiers = try TestTiers(.silentListener)
        let peer = try SessionPeer(tiers)
        peer.ping("1")
        #expect(try Polling.until { try peer.state(tiers)["pending"]?.integer == 1 })
        #expect(try peer.state(tiers)["connection"]?.string == "websocket")
        let waiting = try RawSocket(port: tiers.publicPort)
        let body = SessionPeer.ping("2")
        waiting.send(
            "POST /events?correlationid=\(peer.name) HTTP/1.1\r\nHost: t\r\nContent-Length: \(body.utf8.count)\r\n"
                + "Content-Type: application/cloudevents+json\r\n\r\n" + body)
        #expect(try Polling.until { try tiers.metric("switchboard_events_pending") == 2 })
        let path = "/sessions/\(peer.name) HTTP/1.1\r\n"
        #expect(try tiers.ask("DELETE " + path, port: tiers.internalPort).status == 204)
        #expect(peer.socket.next()?.hasPrefix("close 1008 ") == true)
        #expect(RawResponse.read(waiting)?.status == 410)
        #expect(try tiers.ask("GET " + path, port: tiers.internalPort).status == 404)
        #expect(try tiers.ask("DELETE " + path, port: tiers.internalPort).status == 404)
        #expect(try tiers.metric("switchboard_events_pending") == 0)
        #expect(try tiers.metric("switchboard_sessions_attached") == 0)
        // They are no business of the public's.
        #expect(try tiers.ask("GET /sessions HTTP/1.1\r\n").status == 404)
        #expect(try tiers.ask("GET " + path).status == 404)
    }

    @Test func withASecretTheyWantASignature() throws {
        let secret = Array("a shared secret of the tiers".utf8)
        let tiers = try TestTiers(.webOnly) { $0.internalSecret = secret }
        let peer = try SessionPeer(tiers)
        for request in ["GET /sessions", "GET /sessions/\(peer.name)", "DELETE /sessions/\(peer.name)"] {
            #expect(try tiers.ask("\(request) HTTP/1.1\r\n", port: tiers.internalPort).status == 401, "\(request)")
        }
        // A signature is of one method and one path.
        let line = InternalAuthenticator(secret: secret).headerLine(
            path: "/sessions/\(peer.name)", body: [], wallNanoseconds: SystemClock.wallNanoseconds())
        let forged = try tiers.ask(
            "DELETE /sessions/\(peer.name) HTTP/1.1\r\n\(line ?? "")\r\n", port: tiers.internalPort)
        #expect(forged.status == 401)
    }
}
