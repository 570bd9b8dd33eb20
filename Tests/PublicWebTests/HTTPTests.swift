import JSON
import TestSupport
import Testing

@testable import PublicWeb

/// The public listener as plain HTTP.
@Suite struct HTTPTests {
    private static let event = #"{"specversion":"1.0","id":"e1","source":"/t","type":"PingRequest","data":{"a":1}}"#
    private static let structured = "Content-Type: application/cloudevents+json\r\n"

    private static func object(_ response: RawResponse) throws -> JSONValue {
        try JSONValue.parse(Array(response.body.utf8))
    }

    @Test(
        arguments: [("", nil), (" \r\n", nil), ("{\"x\":[1]}", "{\"x\":[1]}"), ("null", "null"), ("\"é\"", "\"é\"")]
            as [(String, String?)])
    func pingAnswers(_ body: String, _ request: String?) throws {
        let tiers = try TestTiers()
        let response = try tiers.ask("POST /ping HTTP/1.1\r\n", body: body)
        #expect(response.status == 200, "\(response)")
        #expect(response.header("content-type") == "application/cloudevents+json")
        let event = try Self.object(response)
        #expect(event["type"]?.string == "PingResponse")
        #expect(event["causationid"]?.string?.count == 36)
        #expect(event["returnaddress"] == nil)
        #expect(event["data"]?["request"] == (try request.map { try JSONValue.parse(Array($0.utf8)) }))
        let received = try #require(event["data"]?["receivedat"]?.string)
        #expect(received.count == 27 && received.hasSuffix("Z"))
    }

    @Test func eventsInEveryMode() throws {
        let tiers = try TestTiers()
        let post = "POST /events HTTP/1.1\r\n"
        let structured = try tiers.ask(
            post + "Content-Type: application/cloudevents+json; charset=utf-8\r\n", body: Self.event)
        #expect(structured.status == 200)
        #expect(try Self.object(structured)["causationid"]?.string == "e1")
        #expect(try Self.object(structured)["data"]?["request"]?["a"]?.integer == 1)
        let headers = "ce-specversion: 1.0\r\nce-id: b1\r\nce-source: /t\r\nce-type: PingRequest\r\n"
        let binary = try tiers.ask(post + headers + "Content-Type: application/json\r\n", body: "[1]")
        #expect(try Self.object(binary)["causationid"]?.string == "b1", "\(binary)")
        #expect(try Self.object(binary)["data"]?["request"] == .array([.number("1")]))
        let other = Self.event.replacing("PingRequest", with: "Nobodys").replacing("e1", with: "e2")
        let batch = try tiers.ask(
            post + "Content-Type: application/cloudevents-batch+json\r\n", body: "[\(Self.event),\(other)]")
        guard case .array(let answers) = try Self.object(batch), answers.count == 2 else {
            Issue.record("\(batch)")
            return
        }
        #expect(answers[0]["type"]?.string == "PingResponse" && answers[0]["causationid"]?.string == "e1")
        #expect(answers[1]["type"]?.string == "switchboard.error" && answers[1]["causationid"]?.string == "e2")
        #expect(answers[1]["data"]?["status"]?.integer == 422)
    }

    struct Refusal: Sendable, CustomStringConvertible {
        let head: String
        var body = ""
        let status: Int
        var kind = ""
        var header: (name: String, value: String)?
        var description: String { String(head.prefix(60)).debugDescription }
    }

    static let refusals: [Refusal] = [
        Refusal(head: "GET /nothing HTTP/1.1\r\n", status: 404, kind: "not-found"),
        Refusal(head: "GET /metrics HTTP/1.1\r\n", status: 404, kind: "not-found"),
        Refusal(head: "POST /dispatch HTTP/1.1\r\n", status: 404, kind: "not-found"),
        Refusal(head: "GET /echo HTTP/1.1\r\n", status: 404, kind: "not-found"),
        Refusal(head: "GET /ping HTTP/1.1\r\n", status: 405, kind: "method-not-allowed", header: ("allow", "POST")),
        Refusal(
            head: "DELETE /livez HTTP/1.1\r\n", status: 405, kind: "method-not-allowed", header: ("allow", "GET, HEAD")),
        Refusal(head: "GET /ws HTTP/1.1\r\n", status: 426, kind: "upgrade-required", header: ("upgrade", "websocket")),
        Refusal(
            head: "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            status: 426, kind: "upgrade-required", header: ("sec-websocket-version", "13")),
        Refusal(
            head: "GET /ws?correlationid=%20 HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            status: 400, kind: "malformed-request"),
        Refusal(head: "POST /ping HTTP/1.1\r\n", body: "{", status: 400, kind: "malformed-request"),
        Refusal(head: "POST /events HTTP/1.1\r\n", body: "{}", status: 415, kind: "unsupported-media-type"),
        Refusal(
            head: "POST /events HTTP/1.1\r\nContent-Type: text/plain\r\n", body: "x", status: 415,
            kind: "unsupported-media-type",
            header: ("accept", "application/cloudevents+json, application/cloudevents-batch+json")),
        Refusal(head: "POST /events HTTP/1.1\r\n" + structured, body: "{}", status: 400, kind: "malformed-event"),
        Refusal(
            head: "POST /events HTTP/1.1\r\n" + structured, body: "[" + event + "]", status: 400,
            kind: "malformed-event"),
        Refusal(
            head: "POST /events HTTP/1.1\r\nContent-Type: application/cloudevents-batch+json\r\n", body: "[\(event),1]",
            status: 400, kind: "malformed-event"),
        Refusal(
            head: "POST /events HTTP/1.1\r\nContent-Type: application/json\r\nce-specversion: 1.0\r\nce-id: 1\r\n",
            body: "1", status: 400, kind: "malformed-event"),
        Refusal(
            head: "POST /events HTTP/1.1\r\n" + structured, body: event.replacing("PingRequest", with: "Nobodys"),
            status: 422, kind: "unroutable-type"),
        Refusal(
            head: "POST /events HTTP/1.1\r\n" + structured, body: event.replacing("PingRequest", with: "switchboard.x"),
            status: 422, kind: "unroutable-type"),
        Refusal(
            head: "POST /ping HTTP/1.1\r\n", body: "\"" + String(repeating: "x", count: 70_000) + "\"", status: 413,
            kind: "content-too-large"),
        Refusal(
            head: "GET /" + String(repeating: "x", count: 9000) + " HTTP/1.1\r\n", status: 414, kind: "target-too-long"),
        Refusal(
            head: "GET / HTTP/1.1\r\nA: " + String(repeating: "x", count: 40_000) + "\r\n", status: 431,
            kind: "headers-too-large"),
        Refusal(
            head: "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 101), status: 431,
            kind: "headers-too-large"),
        Refusal(
            head: "GET /events/x?" + String(repeating: "a&", count: 64) + " HTTP/1.1\r\n", status: 400,
            kind: "malformed-request"),
        Refusal(
            head: "GET /events/x?" + String(repeating: "a&", count: 63) + " HTTP/1.1\r\n", status: 404,
            kind: "not-found"),
        Refusal(head: "GET / HTTP/2.0\r\n", status: 505, kind: "http-version-not-supported"),
        Refusal(
            head: "POST /ping HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n", status: 501, kind: "not-implemented"),
    ]

    @Test func refusalsAreProblems() throws {
        let tiers = try TestTiers()
        for row in Self.refusals {
            let response = try tiers.ask(row.head, body: row.body)
            let problem = try? Self.object(response)
            #expect(response.status == row.status, "\(row): \(response)")
            #expect(response.header("content-type") == "application/problem+json", "\(row)")
            #expect(problem?["type"]?.string == "urn:switchboard:problem:" + row.kind, "\(row): \(response)")
            #expect(problem?["status"]?.integer == row.status, "\(row)")
            if let header = row.header { #expect(response.header(header.name) == header.value, "\(row): \(response)") }
        }
        #expect(try tiers.ask("POST /ping HTTP/1.1\r\n").status == 200)
    }

    /// Framing that two readers could understand in two ways (RFC 9112 §6.3, §11.2): refused, and the connection ends
    /// before what follows could be taken for a request.
    @Test(arguments: [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: 4, 5\r\n", "Content-Length: +4\r\n", "Content-Length: 0x4\r\n", "Content-Length: -1\r\n",
        "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: chunked\n", "A: b\r\n c\r\n", "A\0: b\r\n", "A: b\0\r\n",
        ": b\r\n", "A b\r\n", "Host: other\r\n",
    ])
    func ambiguousFramingIsRefused(_ header: String) throws {
        let tiers = try TestTiers(.webOnly)
        let socket = try RawSocket(port: tiers.publicPort)
        let hidden = "GET /livez HTTP/1.1\r\nHost: hidden\r\n\r\n"
        socket.send("POST /ping HTTP/1.1\r\nHost: test\r\n\(header)\r\n0\r\n\r\n\(hidden)\(hidden)")
        let response = RawResponse.read(socket)
        #expect(response?.status == 400 || response?.status == 501, "\(String(describing: response))")
        #expect(response?.header("connection") == "close")
        #expect(socket.readToEnd())
        #expect(socket.received.isEmpty, "\(socket.text)")
    }

    @Test(arguments: Cutting.all)
    func pipelinedRequestsAreAnsweredInOrder(_ cutting: Cutting) throws {
        let tiers = try TestTiers()
        let socket = try RawSocket(port: tiers.publicPort)
        var input = ""
        for number in 0..<6 {
            let body = "\(number)"
            input += "POST /ping HTTP/1.1\r\nHost: t\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            input +=
                "POST /ping HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\"a\r\n2;x=y\r\n\(number)\"\r\n0\r\nT: v\r\n\r\n"
            input += "HEAD /livez HTTP/1.1\r\nHost: t\r\n\r\n"
        }
        var rest = Array(input.utf8)[...]
        for piece in cutting.pieces(of: rest.count) {
            socket.send(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        for number in 0..<6 {
            let counted = try #require(RawResponse.read(socket))
            #expect(try Self.object(counted)["data"]?["request"]?.integer == number)
            let chunked = try #require(RawResponse.read(socket))
            #expect(try Self.object(chunked)["data"]?["request"]?.string == "a\(number)")
            let head = try #require(RawResponse.read(socket, isHead: true))
            #expect(head.status == 200 && head.header("content-length") == "15")
        }
        #expect(socket.received.isEmpty)
    }

    @Test func expectationsAreMetBeforeTheBody() throws {
        let tiers = try TestTiers()
        let socket = try RawSocket(port: tiers.publicPort)
        socket.send("POST /ping HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
        #expect(RawResponse.read(socket)?.status == 100)
        socket.send("7")
        #expect(RawResponse.read(socket)?.body.contains("\"request\":7") == true)
        socket.send("POST /nothing HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
        #expect(RawResponse.read(socket)?.status == 404)
        #expect(socket.readToEnd())
        let odd = try tiers.ask("POST /ping HTTP/1.1\r\nExpect: magic\r\n", body: "1")
        #expect(odd.status == 417)
    }

    @Test(arguments: [
        ("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n", false),
        ("GET /livez HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", true),
        ("GET /livez HTTP/1.0\r\n\r\n", true), ("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false),
    ])
    func connectionsPersistAsAsked(_ request: String, _ closes: Bool) throws {
        let tiers = try TestTiers(.webOnly)
        let socket = try RawSocket(port: tiers.publicPort)
        socket.send(request)
        #expect(RawResponse.read(socket)?.status == 200)
        if closes { #expect(socket.readToEnd()) }
        socket.send(request)
        #expect((RawResponse.read(socket) == nil) == closes)
    }

    /// What is no HTTP is told so, and the process stays.
    @Test(arguments: [
        "\u{16}\u{03}\u{01}\u{02}\u{00}", "\r\n\r\n\r\nHELO\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1 x\r\n\r\n",
        "{}\n\n",
    ])
    func rubbishIsRefused(_ input: String) throws {
        let tiers = try TestTiers(.webOnly)
        let socket = try RawSocket(port: tiers.publicPort)
        socket.send(input)
        socket.endOutput()
        _ = socket.readToEnd()
        #expect(socket.text.isEmpty || socket.text.hasPrefix("HTTP/1.1 400 "), "\(socket.text)")
        #expect(try tiers.ask("GET /livez HTTP/1.1\r\n").status == 200)
    }

    @Test func anAbandonedRequestIsForgotten() throws {
        let tiers = try TestTiers(.webOnly) { $0.limits.dispatcherWaitMilliseconds = 60_000 }
        do {
            let socket = try RawSocket(port: tiers.publicPort)
            socket.send("POST /ping HTTP/1.1\r\nHost: t\r\n\r\n")
            #expect(try Polling.until { try tiers.metric("switchboard_events_pending") == 1 })
            socket.resetOnClose()
        }
        #expect(try Polling.until { try tiers.metric("switchboard_events_pending") == 0 })
    }
}
