import TestSupport
import Testing

@testable import PublicWeb

/// What browsers are told of requests that pages of another origin make over HTTP.
@Suite struct CrossOriginTests {
    /// A page whose name was made to lead to this machine is of the same origin to its browser.
    @Test func aNameOnTheNetLeadsNowhere() throws {
        let tiers = try TestTiers()
        let port = tiers.internalPort
        func status(_ line: String, _ headers: String, _ port: UInt16? = nil) throws -> Int {
            let socket = try RawSocket(port: port ?? tiers.publicPort)
            socket.send("\(line) HTTP/1.1\r\n\(headers)\r\n\r\n")
            return RawResponse.read(socket)?.status ?? 0
        }
        for host in ["Host: evil.example", "Host: evil.example:8080"] {
            #expect(try status("GET /sessions/s/events", host) == 403)
            #expect(try status("GET /sessions", host, port) == 403)
        }
        #expect(try status("GET /sessions", "Host: 127.0.0.1:\(port)", port) == 200)
        #expect(try status("GET /sessions", "Host: localhost\r\nOrigin: http://localhost", port) == 403)
        // Who shows a token may have any name.
        let access = try TestAccess()
        let socket = try RawSocket(port: access.tiers.publicPort)
        socket.send("GET /livez HTTP/1.1\r\nHost: gateway.example\r\n\r\n")
        #expect(RawResponse.read(socket)?.status == 200)
    }

    private static let page = "https://app.example"

    private static func tiers(_ extent: TestTiers.Extent = .webOnly) throws -> TestTiers {
        try TestTiers(extent) { $0.origins = [page] }
    }

    private static func preflight(
        _ tiers: TestTiers, _ path: String, _ method: String, fields: String? = nil, origin: String = page
    ) throws -> RawResponse {
        let wanted = fields.map { "Access-Control-Request-Headers: \($0)\r\n" } ?? ""
        return try tiers.ask(
            "OPTIONS \(path) HTTP/1.1\r\nOrigin: \(origin)\r\nAccess-Control-Request-Method: \(method)\r\n" + wanted)
    }

    @Test(arguments: [
        ("/events", "POST"), ("/ping", "POST"), ("/events/1", "GET"), ("/sessions/abc/events", "GET"),
    ])
    func anAllowedPageMayAsk(_ path: String, _ method: String) throws {
        let tiers = try Self.tiers()
        let answer = try Self.preflight(
            tiers, path, method, fields: "authorization, Content-Type,ce-specversion, ce-id, x-other, prefer, cookie")
        #expect(answer.status == 204 && answer.body.isEmpty, "\(answer)")
        #expect(answer.header("access-control-allow-origin") == Self.page)
        #expect(answer.header("access-control-allow-methods")?.contains(method) == true)
        #expect(
            answer.header("access-control-allow-headers")
                == "authorization, content-type, ce-specversion, ce-id, prefer")
        #expect(answer.header("vary") == "Origin" && answer.header("access-control-max-age") != nil)
        #expect(answer.header("access-control-allow-credentials") == nil)
    }

    @Test func othersMayNot() throws {
        let tiers = try Self.tiers()
        for origin in ["https://evil.example", "null", "https://app.example.evil", "http://127.0.0.1"] {
            let answer = try Self.preflight(tiers, "/events", "POST", origin: origin)
            #expect(answer.status == 403 && answer.header("access-control-allow-origin") == nil, "\(answer)")
            let post = try tiers.ask("POST /ping HTTP/1.1\r\nOrigin: \(origin)\r\n")
            #expect(post.status == 403 && post.header("access-control-allow-origin") == nil, "\(post)")
        }
        #expect(try tiers.metric("switchboard_origin_refused_total") == 8)
        // No question of a browser's, or of a method that is not there.
        for head in [
            "OPTIONS /events HTTP/1.1\r\n", "OPTIONS /events HTTP/1.1\r\nOrigin: \(Self.page)\r\n",
            "OPTIONS /events HTTP/1.1\r\nAccess-Control-Request-Method: POST\r\n",
            "OPTIONS /events HTTP/1.1\r\nOrigin: \(Self.page)\r\nAccess-Control-Request-Method: DELETE\r\n",
        ] {
            let answer = try tiers.ask(head)
            #expect(answer.status == 405 && answer.header("access-control-allow-methods") == nil, "\(answer)")
        }
        #expect(try Self.preflight(tiers, "/nothing", "GET").status == 404)
    }

    @Test func answersAndProblemsCanBeRead() throws {
        let tiers = try Self.tiers(.all)
        let origin = "Origin: \(Self.page)\r\n"
        for (head, status) in [
            ("POST /ping HTTP/1.1\r\n" + origin, 200), ("POST /events HTTP/1.1\r\n" + origin, 415),
            ("GET /events/unknown HTTP/1.1\r\n" + origin, 404), ("GET /ping HTTP/1.1\r\n" + origin, 405),
            ("GET /readyz HTTP/1.1\r\n" + origin, 200), ("GET /ws HTTP/1.1\r\n" + origin, 426),
        ] {
            let answer = try tiers.ask(head)
            #expect(answer.status == status && answer.header("access-control-allow-origin") == Self.page, "\(answer)")
            #expect(answer.header("access-control-allow-credentials") == nil)
            #expect(answer.header("access-control-expose-headers")?.contains("Location") == true)
        }
        // Who is no page of another origin is told nothing of it.
        #expect(try tiers.ask("POST /ping HTTP/1.1\r\n").header("access-control-allow-origin") == nil)
    }

    /// With a token, which goes in a field of its own: also its refusal can be read.
    @Test func aTokenIsNoMatterOfTheBrowser() throws {
        let access = try TestAccess { $0.origins = [Self.page] }
        #expect(try Self.preflight(access.tiers, "/ping", "POST", fields: "authorization").status == 204)
        let refused = try access.tiers.ask("POST /ping HTTP/1.1\r\nOrigin: \(Self.page)\r\n")
        #expect(refused.status == 401 && refused.header("access-control-allow-origin") == Self.page)
        let taken = try access.tiers.ask("POST /ping HTTP/1.1\r\nOrigin: \(Self.page)\r\n" + access.bearer("ann"))
        #expect(taken.status == 200 && taken.header("access-control-allow-origin") == Self.page)
    }

    @Test func anEventStreamCanBeRead() throws {
        let tiers = try Self.tiers()
        for (origin, expected) in [("Origin: \(Self.page)\r\n", Self.page), ("", nil)] as [(String, String?)] {
            let socket = try RawSocket(port: tiers.publicPort)
            socket.send("GET /sessions/s\(origin.utf8.count)/events HTTP/1.1\r\nHost: t\r\n\(origin)\r\n")
            let response = RawResponse.read(socket)
            #expect(response?.status == 200 && response?.header("content-type") == "text/event-stream")
            #expect(response?.header("access-control-allow-origin") == expected)
            #expect(socket.read { String(decoding: $0, as: UTF8.self).contains("switchboard.session.opened") })
        }
    }
}
