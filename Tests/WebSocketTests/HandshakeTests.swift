import HTTP1
import Testing
import WebSocket

struct HandshakeTests {
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    private static let good = [
        "Host: a", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: \(key)",
        "Sec-WebSocket-Version: 13",
    ]

    private func parse(_ line: String, _ headers: [String]) throws -> UpgradeRequest {
        var parser = RequestParser(limits: HTTPLimits())
        let text = ([line] + headers + ["", ""]).joined(separator: "\r\n")
        var consumed = 0
        let event = try Array(text.utf8).withUnsafeBytes { try parser.next($0, consumed: &consumed) }
        guard case .head(let head) = event else { throw HTTPParseError.badRequestLine }
        return try UpgradeRequest.parse(head)
    }

    @Test
    func acceptsRequests() throws {
        #expect(try parse("GET /ws HTTP/1.1", Self.good).key == Array(Self.key.utf8))
        #expect(try !parse("GET /ws HTTP/1.1", Self.good).offers("cloudevents.json"))
        let firefox = ["Host: a", "Upgrade: h2c, WebSocket", "Connection: keep-alive, upgrade"] + Self.good[3...]
        #expect(try parse("GET /ws?a=b HTTP/1.1", firefox + ["Content-Length: 0"]).key == Array(Self.key.utf8))
    }

    @Test
    func findsWhatIsOffered() throws {
        let offers = ["Sec-WebSocket-Protocol: cloudevents.json , bearer.abc", "sec-websocket-protocol: ,x"]
        let request = try parse("GET /ws HTTP/1.1", Self.good + offers)
        #expect(request.offers("cloudevents.json") && request.offers("bearer.abc") && request.offers("x"))
        #expect(!request.offers("CloudEvents.json") && !request.offers("bearer") && !request.offers("bearer.abc "))
    }

    @Test(arguments: [
        ("POST /ws HTTP/1.1", 0, "Host: a", HandshakeError.notGet, 405),
        ("GET /ws HTTP/1.0", 0, "Host: a", .http10, 426),
        ("GET /ws HTTP/1.1", 1, "X: y", .noUpgrade, 426),
        ("GET /ws HTTP/1.1", 1, "Upgrade: websockets", .noUpgrade, 426),
        ("GET /ws HTTP/1.1", 2, "X: y", .noConnectionUpgrade, 400),
        ("GET /ws HTTP/1.1", 2, "Connection: close", .noConnectionUpgrade, 400),
        ("GET /ws HTTP/1.1", 3, "X: y", .badKey, 400),
        ("GET /ws HTTP/1.1", 3, "Sec-WebSocket-Key:", .badKey, 400),
        ("GET /ws HTTP/1.1", 3, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=", .badKey, 400),
        ("GET /ws HTTP/1.1", 3, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQQ=", .badKey, 400),
        ("GET /ws HTTP/1.1", 3, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub2 jZQ==", .badKey, 400),
        ("GET /ws HTTP/1.1", 3, "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Key: \(key)", .badKey, 400),
        ("GET /ws HTTP/1.1", 4, "X: y", .wrongVersion, 426),
        ("GET /ws HTTP/1.1", 4, "Sec-WebSocket-Version: 8", .wrongVersion, 426),
        ("GET /ws HTTP/1.1", 4, "Sec-WebSocket-Version: 13, 8", .wrongVersion, 426),
        ("GET /ws HTTP/1.1", 4, "Sec-WebSocket-Version: 13\r\nContent-Length: 1", .hasBody, 400),
    ])
    func refusesRequests(_ line: String, _ at: Int, _ replaced: String, _ error: HandshakeError, _ status: Int) {
        var headers = Self.good
        headers[at] = replaced
        #expect(throws: error) { try parse(line, headers) }
        #expect(error.problemKind.status == status)
    }

    @Test
    func hashesTheKeyWithItsConstant() {
        let input = UpgradeRequest.acceptInput(key: Array(Self.key.utf8))
        #expect(String(decoding: input, as: UTF8.self) == Self.key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    }

    private func response(_ bytes: [UInt8]) throws -> ResponseHead {
        var parser = ResponseHeadParser()
        var consumed = 0
        let head = try bytes.withUnsafeBytes { try parser.next($0, consumed: &consumed) }
        #expect(consumed == bytes.count)
        return try #require(head)
    }

    @Test(arguments: [false, true])
    func answersSoThatClientsAgree(_ isChosen: Bool) throws {
        var bytes: [UInt8] = []
        UpgradeRequest.appendAnswer(
            accept: Self.accept, subprotocol: isChosen ? "cloudevents.json" : nil, to: &bytes)
        let head = try response(bytes)
        let chosen = try UpgradeAnswer.check(head, expectedAccept: Self.accept, offered: ["x", "cloudevents.json"])
        #expect(chosen == (isChosen ? "cloudevents.json" : nil))
    }

    @Test(arguments: [
        ("200 OK", "", UpgradeAnswer.Failure.refused(status: 200)),
        ("101 x", "Connection: upgrade\r\nSec-WebSocket-Accept: \(accept)\r\n", .notAnUpgrade),
        ("101 x", "Upgrade: websocket\r\nSec-WebSocket-Accept: \(accept)\r\n", .notAnUpgrade),
        ("101 x", "Upgrade: websocket\r\nConnection: upgrade\r\n", .wrongAccept),
        ("101 x", "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: \(key)\r\n", .wrongAccept),
        (
            "101 x",
            "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: \(accept)\r\nSec-WebSocket-Protocol: y\r\n",
            .unofferedSubprotocol("y")
        ),
        (
            "101 x",
            "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: \(accept)\r\n"
                + "Sec-WebSocket-Extensions: permessage-deflate\r\n", .unofferedExtension
        ),
    ])
    func refusesAnswers(_ status: String, _ headers: String, _ failure: UpgradeAnswer.Failure) throws {
        let head = try response(Array("HTTP/1.1 \(status)\r\n\(headers)\r\n".utf8))
        #expect(throws: failure) { try UpgradeAnswer.check(head, expectedAccept: Self.accept, offered: ["x"]) }
    }
}
