import JSON
import TestSupport
import Testing

@testable import PublicWeb

/// What is bounded, and what is said when it is full or late.
@Suite struct LimitTests {
    private static func ping(_ id: String) -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"PingRequest"}"#
    }

    @Test func withoutADispatcherEventsFailInBoundedTime() throws {
        let tiers = try TestTiers(.webOnly) { $0.limits.dispatcherWaitMilliseconds = 200 }
        let response = try tiers.ask("POST /ping HTTP/1.1\r\n")
        #expect(response.status == 503 && response.body.contains("dispatcher-unavailable"), "\(response)")
        #expect(response.header("retry-after") != nil)
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(Self.ping("a"))
        let error = try #require(peer.nextEvent())
        #expect(error["causationid"]?.string == "a" && error["data"]?["status"]?.integer == 503)
        let ready = try tiers.ask("GET /readyz HTTP/1.1\r\n")
        #expect(
            ready.status == 503 && ready.body.contains("Not ready.") && !ready.body.contains("127.0.0.1"), "\(ready)")
        let inside = try tiers.ask("GET /readyz HTTP/1.1\r\n", port: tiers.internalPort)
        #expect(inside.status == 503 && inside.body.contains("no dispatcher at http://127.0.0.1:9"), "\(inside)")
        #expect(try tiers.ask("GET /livez HTTP/1.1\r\n").status == 200)
    }

    /// Who comes to the public listener keeps out others of the public, not the other tiers.
    @Test func theInternalListenerHasConnectionsOfItsOwn() throws {
        let tiers = try TestTiers { $0.descriptorsMax = 300 }
        var idle: [RawSocket] = []
        while idle.count < 16 { idle.append(try RawSocket(port: tiers.publicPort)) }
        #expect(try Polling.until { try tiers.ask("GET /livez HTTP/1.1\r\n").status == 503 })
        #expect(try tiers.ask("GET /livez HTTP/1.1\r\n", port: tiers.internalPort).status == 200)
        #expect(try tiers.metric("switchboard_connections_max") == 16)
        for socket in idle { socket.close() }
        #expect(try Polling.until { try tiers.ask("POST /ping HTTP/1.1\r\n").status == 200 })
    }

    @Test func nobodyListening() throws {
        let tiers = try TestTiers(.withoutListener)
        let response = try tiers.ask("POST /ping HTTP/1.1\r\n")
        #expect(response.status == 503 && response.body.contains("no-listener"), "\(response)")
    }

    @Test func theDeadlineEndsWhatIsNotAnswered() throws {
        let tiers = try TestTiers(.silentListener) { $0.limits.requestDeadlineMilliseconds = 200 }
        let response = try tiers.ask("POST /ping HTTP/1.1\r\n")
        #expect(response.status == 504 && response.body.contains("deadline-passed"), "\(response)")
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(Self.ping("a"))
        #expect(peer.nextEvent()?["data"]?["status"]?.integer == 504)
        #expect(try tiers.metric("switchboard_events_pending") == 0)
    }

    /// More of them than are settled in one turn.
    @Test func deadlinesThatPassTogether() throws {
        let tiers = try TestTiers(.silentListener) { $0.limits.requestDeadlineMilliseconds = 400 }
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        for number in 0..<500 { peer.send(Self.ping("\(number)")) }
        var ended: Set<String> = []
        for _ in 0..<500 {
            let error = try #require(peer.nextEvent())
            #expect(error["data"]?["status"]?.integer == 504)
            ended.insert(error["causationid"]?.string ?? "")
        }
        #expect(ended.count == 500)
        #expect(try tiers.metric("switchboard_events_pending") == 0)
    }

    @Test func inFlightPerSession() throws {
        let tiers = try TestTiers(.webOnly) {
            $0.limits.inFlightPerSessionMax = 3
            $0.limits.dispatcherWaitMilliseconds = 60_000
        }
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        for id in ["a", "b", "c", "d"] { peer.send(Self.ping(id)) }
        let error = try #require(peer.nextEvent())
        #expect(error["causationid"]?.string == "d" && error["data"]?["status"]?.integer == 429)
        let other = try WebSocketPeer(port: tiers.publicPort)
        _ = other.nextEvent()
        other.send(Self.ping("e"))
        other.send("x", .ping)
        #expect(other.next() == "pong x")
    }

    @Test func connections() throws {
        let tiers = try TestTiers(.webOnly) { $0.descriptorsMax = 256 + 16 }
        var sockets: [RawSocket] = []
        for _ in 0..<16 {
            let socket = try RawSocket(port: tiers.publicPort)
            socket.send("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n")
            #expect(RawResponse.read(socket)?.status == 200)
            sockets.append(socket)
        }
        let refused = try RawSocket(port: tiers.publicPort)
        refused.send("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n")
        let response = try #require(RawResponse.read(refused))
        #expect(response.status == 503 && response.header("retry-after") == "1")
        #expect(refused.readToEnd())
        sockets.removeLast()
        #expect(try Polling.until { try tiers.ask("GET /livez HTTP/1.1\r\n").status == 200 })
    }

    @Test func aClientThatDoesNotReadIsClosed() throws {
        let tiers = try TestTiers { $0.limits.sessions.outputHardBytesMax = 200_000 }
        let peer = try WebSocketPeer(port: tiers.publicPort, receiveBytes: 4096)
        _ = peer.nextEvent()
        let padding = String(repeating: "x", count: 50_000)
        let message = #"{"specversion":"1.0","id":"ID","source":"/t","type":"PingRequest","data":"\#(padding)"}"#
        // The kernel's buffers take some megabytes before the gateway has to keep anything.
        for number in 0..<300 where !peer.socket.hasEnded { peer.send(message.replacing("ID", with: "\(number)")) }
        #expect(try Polling.until { try tiers.metric("switchboard_slow_clients_closed_total") == 1 })
        let other = try WebSocketPeer(port: tiers.publicPort)
        _ = other.nextEvent()
        other.send(Self.ping("fine"))
        #expect(other.nextEvent()?["causationid"]?.string == "fine")
    }

    @Test func silenceIsAskedAboutAndThenClosed() throws {
        let tiers = try TestTiers(.webOnly) {
            $0.limits.pingIntervalMilliseconds = 60
            $0.limits.pongTimeoutMilliseconds = 150
        }
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        for _ in 0..<3 {
            let ping = try #require(peer.next())
            #expect(ping.hasPrefix("ping "))
            peer.send(String(ping.dropFirst(5)), .pong)
        }
        #expect(peer.next()?.hasPrefix("ping ") == true)
        #expect(peer.socket.readToEnd())
        #expect(try Polling.until { try tiers.metric("switchboard_sessions_attached") == 0 })
    }

    /// Who sends and hears nothing can't tell that the connection lives, unless it is pinged.
    @Test func whoSendsWithoutAnAnswerIsPingedToo() throws {
        let tiers = try TestTiers(.webOnly) { $0.limits.pingIntervalMilliseconds = 300 }
        let peer = try WebSocketPeer(port: tiers.publicPort)
        #expect(peer.next()?.hasPrefix("text ") == true)
        var heard: String?
        for _ in 0..<400 where heard == nil {
            // An unwanted pong, which is answered by nothing.
            peer.send("here", .pong)
            heard = peer.next(milliseconds: 25)
        }
        #expect(heard == "ping ")
    }
}
