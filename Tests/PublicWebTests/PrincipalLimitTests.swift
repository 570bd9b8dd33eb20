import Core
import JSON
import TestSupport
import Testing

@testable import PublicWeb

/// What each principal may do.
@Suite struct PrincipalLimitTests {
    private static func problem(_ event: JSONValue?) -> String {
        guard let data = event?["data"], let type = data["type"]?.string else { return "\(String(describing: event))" }
        return "\(data["status"]?.integer ?? 0) \(type) of \(event?["causationid"]?.string ?? "nothing")"
    }

    @Test func itHasSoManyConnections() throws {
        let access = try TestAccess { $0.limits.principals.connectionsMax = 2 }
        let first = try SessionPeer(access.tiers, headers: access.bearer("ann"))
        let stream = try EventStreamPeer(access.tiers, "/sessions/stream/events", headers: access.bearer("ann"))
        let refused = try access.tiers.upgrade(headers: access.bearer("ann"))
        #expect(refused.status == 429 && refused.header("retry-after") == "5", "\(refused)")
        #expect(try access.tiers.metric("switchboard_principal_limited_total{limit=\"connections\"}") == 1)
        #expect(try access.tiers.upgrade(headers: access.bearer("bob")).status == 101)
        // Taking over its own connection needs no further one, as often as it likes.
        var peer = first
        for _ in 0..<5 {
            let next = try SessionPeer(access.tiers, peer.query(after: 0), headers: access.bearer("ann"))
            #expect(next.isResumed && peer.socket.next()?.hasPrefix("close 4001") == true)
            peer = next
        }
        #expect(try access.tiers.upgrade(headers: access.bearer("ann")).status == 429)
        stream.socket.close()
        #expect(try Polling.until { try access.tiers.upgrade(headers: access.bearer("ann")).status == 101 })
    }

    /// Those that have lost their connection can be resumed, and count.
    @Test func itHasSoManySessions() throws {
        let access = try TestAccess {
            $0.limits.principals.connectionsMax = 1
            $0.loops = 2
        }
        for _ in 0..<10 {
            let peer = try SessionPeer(access.tiers, headers: access.bearer("ann"))
            peer.socket.socket.close()
            #expect(try Polling.until { try access.tiers.metric("switchboard_sessions_attached") == 0 })
        }
        let refused = try access.tiers.upgrade(headers: access.bearer("ann"))
        #expect(refused.status == 429 && refused.body.contains("10 sessions"), "\(refused)")
        let post = try access.post(
            SessionPeer.ping("p"), as: "ann", query: "?correlationid=new", headers: "Prefer: respond-async\r\n")
        #expect(post.status == 429, "\(post)")
        #expect(try access.tiers.metric("switchboard_principal_limited_total{limit=\"sessions\"}") == 2)
        #expect(try access.tiers.upgrade(headers: access.bearer("bob")).status == 101)
    }

    /// One that is ended makes room.
    @Test func anEndedSessionCountsNoMore() throws {
        let access = try TestAccess { $0.limits.principals.connectionsMax = 1 }
        for _ in 0..<25 {
            let peer = try SessionPeer(access.tiers, headers: access.bearer("ann"))
            peer.socket.send(#"{"specversion":"1.0","id":"c","source":"/t","type":"switchboard.session.close"}"#)
            while let message = peer.socket.next(), !message.hasPrefix("close") {}
            peer.socket.socket.close()
            #expect(try Polling.until { try access.tiers.metric("switchboard_sessions_attached") == 0 })
        }
    }

    @Test func itSendsSoManyEventsASecond() throws {
        let access = try TestAccess {
            $0.limits.principals.eventsPerSecond = 1
            $0.limits.principals.eventsBurst = 20
        }
        let ann = try SessionPeer(access.tiers, headers: access.bearer("ann"))
        for id in 1...40 { ann.ping("\(id)") }
        var answered = 0
        var refused = 0
        for _ in 1...40 {
            let event = try #require(ann.socket.nextEvent())
            if event["type"]?.string == "PingResponse" {
                answered += 1
            } else {
                #expect(Self.problem(event).hasPrefix("429 urn:switchboard:problem:too-many-requests of "))
                refused += 1
            }
        }
        // A second or so may have passed meanwhile.
        #expect(answered >= 20 && refused >= 10 && answered + refused == 40)
        let post = try access.post(SessionPeer.ping("p"), as: "ann")
        #expect(post.status == 429 && post.header("retry-after").flatMap { Int($0) } ?? 0 >= 1, "\(post)")
        #expect(try access.tiers.ask("POST /ping HTTP/1.1\r\n" + access.bearer("ann")).status == 429)
        #expect(try access.tiers.metric("switchboard_principal_limited_total{limit=\"rate\"}") == refused + 2)
        #expect(try access.post(SessionPeer.ping("p"), as: "bob").status == 200)
        // What was answered keeps its answer.
        ann.ping("1")
        #expect(ann.socket.nextEvent()?["type"]?.string == "PingResponse")
    }

    @Test func whoGoesOnFarAboveItsRateIsLetGo() throws {
        let access = try TestAccess {
            $0.limits.principals.eventsPerSecond = 1
            $0.limits.principals.eventsBurst = 2
        }
        let ann = try SessionPeer(access.tiers, headers: access.bearer("ann"))
        for id in 1...200 { ann.ping("\(id)") }
        var end: String?
        while let message = ann.socket.next() {
            if message.hasPrefix("close") {
                end = message
                break
            }
        }
        #expect(end == "close 4029 far more events than the rate allows")
        #expect(try access.tiers.metric("switchboard_principal_limited_total{limit=\"abuse\"}") >= 1)
    }

    /// Nothing that a client can send is free.
    @Test(arguments: ["{", "[]", #"{"type":"switchboard.x"}"#, "ping", "pong", "binary"])
    func whatIsNoEventCountsToo(_ message: String) throws {
        let access = try TestAccess {
            $0.limits.principals.eventsPerSecond = 1
            $0.limits.principals.eventsBurst = 2
        }
        let bob = try SessionPeer(access.tiers, headers: access.bearer("bob"))
        for _ in 1...200 {
            switch message {
            case "ping": bob.socket.send("x", .ping)
            case "pong": bob.socket.send("x", .pong)
            case "binary": bob.socket.send("x", .binary)
            default: bob.socket.send(message)
            }
        }
        var end: String?
        while let message = bob.socket.next() {
            if message.hasPrefix("close") {
                end = message
                break
            }
        }
        #expect(end?.hasPrefix("close 4029") == true)
    }

    @Test(arguments: ["GET /events/x", "GET /ws", "POST /events", "POST /ping"])
    func noRequestIsFreeEither(_ request: String) throws {
        let access = try TestAccess {
            $0.limits.principals.eventsPerSecond = 1
            $0.limits.principals.eventsBurst = 2
        }
        let head = "\(request) HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\n"
        var refused: RawResponse?
        for _ in 1...60 where refused == nil {
            let response = try access.tiers.ask(head + access.bearer("ann"), body: request.hasPrefix("GET") ? "" : "{")
            if response.status == 429, response.body.contains("10 requests a second") { refused = response }
        }
        #expect(refused?.header("retry-after") == "1", "\(String(describing: refused))")
        #expect(try access.tiers.metric("switchboard_principal_limited_total{limit=\"abuse\"}") == 1)
        #expect(try access.get("/events/x", as: "bob").status == 404)
    }

    /// Somebody who leaves requests waiting does not take all connections.
    @Test func itHasSoManyRequestsThatWait() throws {
        let access = try TestAccess(.webOnly) { $0.limits.principals.connectionsMax = 1 }
        func post(_ id: Int) throws -> RawSocket {
            let socket = try RawSocket(port: access.tiers.publicPort)
            let event = SessionPeer.ping("\(id)")
            socket.send(
                "POST /events HTTP/1.1\r\nHost: t\r\nContent-Type: application/cloudevents+json\r\n"
                    + access.bearer("ann") + "Content-Length: \(event.utf8.count)\r\n\r\n\(event)")
            return socket
        }
        let waiting = try (1...10).map { try post($0) }
        #expect(try Polling.until { try access.tiers.metric("switchboard_events_pending") == 10 })
        let refused = try access.get("/events/x", as: "ann")
        #expect(refused.status == 429 && refused.body.contains("At most 10 requests"), "\(refused)")
        #expect(try access.get("/events/x", as: "bob").status == 404)
        // Those that are given up, and those that are answered, count no more.
        waiting[0].resetOnClose()
        waiting[0].close()
        #expect(try Polling.until { try access.get("/events/x", as: "ann").status == 404 })
        #expect(try Polling.until { try access.tiers.metric("switchboard_events_pending") == 0 })
        for _ in 0..<12 { #expect(try access.get("/events/x", as: "ann").status == 404) }
    }

    @Test func itSendsTheEventsThatItsTokenPermits() throws {
        let access = try TestAccess()
        let forbidden = "403 urn:switchboard:problem:forbidden of 1"
        for (claim, isAllowed) in [
            ("[\"PingRequest\"]", true), ("\"Other PingRequest\"", true), ("\"Ping*\"", true), ("\"*\"", true),
            ("[]", false), ("\"Ping\"", false), ("\"pingrequest Other*\"", false),
        ] {
            let extra = ",\"switchboard_types\":\(claim)"
            let headers = access.bearer("ann", extra: extra)
            let peer = try SessionPeer(access.tiers, headers: headers)
            // As it is meant, not as it is written.
            for type in ["PingRequest", "\\u0050ingRequest"] {
                peer.socket.send(#"{"specversion":"1.0","id":"1","source":"/t\#(type)","type":"\#(type)"}"#)
                let event = peer.socket.nextEvent()
                if isAllowed, type == "PingRequest" { #expect(event?["type"]?.string == "PingResponse", "\(claim)") }
                if !isAllowed { #expect(Self.problem(event) == forbidden, "\(claim)") }
            }
            let post = try access.tiers.ask("POST /ping HTTP/1.1\r\n" + headers)
            #expect(post.status == (isAllowed ? 200 : 403), "\(claim)")
            peer.acknowledge("\"0\"")
        }
        #expect(try access.tiers.metric("switchboard_principal_limited_total{limit=\"types\"}") == 9)
    }

    @Test func aTokenWithoutTypesPermitsTheConfiguredOnes() throws {
        let access = try TestAccess { $0.limits.principals.types = EventTypes(["Other"]) }
        #expect(try access.post(SessionPeer.ping("1"), as: "ann").status == 403)
        let headers = access.bearer("ann", extra: ",\"switchboard_types\":\"PingRequest\"")
        #expect(try access.tiers.ask("POST /ping HTTP/1.1\r\n" + headers).status == 200)
    }

    @Test func ofABatchAllIsPermittedOrNothing() throws {
        let access = try TestAccess()
        let headers =
            "POST /events HTTP/1.1\r\nContent-Type: application/cloudevents-batch+json\r\n"
            + access.bearer("ann", extra: ",\"switchboard_types\":\"PingRequest\"")
        let other = #"{"specversion":"1.0","id":"2","source":"/t","type":"Other"}"#
        #expect(try access.tiers.ask(headers, body: "[\(SessionPeer.ping("1"))]").status == 200)
        let before = try access.tiers.metric("switchboard_events_accepted_total")
        #expect(try access.tiers.ask(headers, body: "[\(SessionPeer.ping("3")),\(other)]").status == 403)
        #expect(try access.tiers.metric("switchboard_events_accepted_total") == before)
    }
}
