import CloudEvents
import Core
import Crypto
import Glibc
import TestSupport
import Testing
import WebSocket

@testable import switchboard

@Suite struct SessionClientTests {
    static let opened = """
        {"specversion":"1.0","id":"o","source":"/g","type":"switchboard.session.opened","correlationid":"c1","data":{}}
        """

    static func handshake(_ client: SessionClient, subprotocol: String? = "cloudevents.json") throws -> [UInt8] {
        let request = String(decoding: client.output, as: UTF8.self)
        let key = try #require(request.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") })
        let accept = Base64.encode(SHA1.digest(UpgradeRequest.acceptInput(key: String(key.dropFirst(19)))))
        var answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        answer += "Sec-WebSocket-Accept: \(accept)\r\n"
        if let subprotocol { answer += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
        return Array((answer + "\r\n").utf8)
    }

    static func frame(_ text: String, _ opcode: Opcode = .text) -> [UInt8] {
        var bytes: [UInt8] = []
        Array(text.utf8).withUnsafeBytes { FrameEncoder.append(opcode, payload: $0, to: &bytes) }
        return bytes
    }

    static func feed(_ client: inout SessionClient, _ bytes: [UInt8], at nanoseconds: UInt64 = 0) -> [String] {
        bytes.withUnsafeBytes { client.receive($0, now: MonotonicInstant(nanoseconds: nanoseconds)) }.map(describe)
    }

    static func describe(_ event: LinkEvent) -> String {
        switch event {
        case .opened(let event): "opened \(event.correlationID ?? "")"
        case .answer(let answer): "answer \(answer.event.type) \(answer.roundTripNanoseconds)"
        case .problem(let id, let problem): "problem \(id == nil ? "of nobody's" : "of ours") \(problem)"
        case .push(let event): "push \(event.type)"
        case .closed(let code, let reason): "closed \(code.map(String.init) ?? "-") \(reason)"
        case .failed(let why): "failed \(why)"
        }
    }

    static func openClient() throws -> SessionClient {
        var client = SessionClient(endpoint: Endpoint())
        let answer = try handshake(client)
        client.sent(client.output.count)
        _ = feed(&client, answer + frame(opened))
        return client
    }

    @Test func asksForTheSubprotocol() {
        let request = String(decoding: SessionClient(endpoint: Endpoint()).output, as: UTF8.self)
        #expect(request.hasPrefix("GET /ws HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"))
        #expect(request.contains("\r\nSec-WebSocket-Protocol: cloudevents.json\r\n"))
        #expect(request.hasSuffix("\r\n\r\n"))
    }

    @Test(arguments: Cutting.all)
    func opensAnswersAndCloses(_ cutting: Cutting) throws {
        var client = SessionClient(endpoint: Endpoint())
        let head = try Self.handshake(client)
        client.sent(client.output.count)
        let id = try client.request(
            type: "PingRequest", data: nil, SentRequest(at: MonotonicInstant(nanoseconds: 5), wallNanoseconds: 1))
        let answer = #"{"specversion":"1.0","id":"a","source":"/l","type":"PingResponse","causationid":"\#(id)"}"#
        let push = #"{"specversion":"1.0","id":"p","source":"/l","type":"News"}"#
        let problem = """
            {"specversion":"1.0","id":"e","source":"/g","type":"switchboard.error","causationid":"other",
             "data":{"title":"T","status":422,"detail":"D"}}
            """
        var close: [UInt8] = []
        FrameEncoder.appendClose(.goingAway, reason: "reconnect in 5", to: &close)
        var input = head
        for text in [Self.opened, answer, answer, push, problem] { input += Self.frame(text) }
        input += Self.frame("hello", .ping) + close + Self.frame(push)
        var seen: [String] = []
        var rest = input[...]
        for piece in cutting.pieces(of: input.count) {
            seen += Self.feed(&client, Array(rest.prefix(piece)), at: 12)
            rest = rest.dropFirst(piece)
        }
        #expect(
            seen == [
                "opened c1", "answer PingResponse 7", "push PingResponse", "push News",
                "problem of nobody's 422 T: D", "closed 1001 reconnect in 5",
            ])
        #expect(client.isClosed && client.pendingCount == 0)
    }

    @Test(
        arguments: [
            (
                "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}",
                "failed the server refused the WebSocket with status 503"
            ),
            (
                "HTTP/1.1 401 No\r\nContent-Length: 18\r\n\r\n{\"detail\":\"who? \"}",
                "failed the server refused the WebSocket with status 401: who? "
            ),
            (
                "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                "failed the server's answer to the handshake is wrong: wrongAccept"
            ),
            ("SSH-2.0-OpenSSH\r\n\r\n", nil),
        ] as [(String, String?)])
    func handshakesThatFail(_ answer: String, _ expected: String?) {
        var client = SessionClient(endpoint: Endpoint())
        let seen = Self.feed(&client, Array(answer.utf8))
        #expect(seen.count == 1 && seen[0].hasPrefix("failed "))
        if let expected { #expect(seen == [expected]) }
        #expect(client.isClosed)
    }

    @Test func wantsTheSubprotocol() throws {
        var client = SessionClient(endpoint: Endpoint())
        let answer = try Self.handshake(client, subprotocol: nil)
        #expect(Self.feed(&client, answer) == ["failed the server does not speak the subprotocol cloudevents.json"])
    }

    @Test func framesAreMaskedAndPingsAnswered() throws {
        var client = try Self.openClient()
        _ = Self.feed(&client, Self.frame("hey", .ping))
        #expect(client.output.count == 2 + 4 + 3)
        #expect(client.output[0] == 0x8A && client.output[1] == 0x83)
        let mask = Array(client.output[2..<6])
        #expect(zip(client.output[6...], mask).map { $0 ^ $1 } == Array("hey".utf8))
    }

    @Test func maskedFramesOfTheServerAreRefused() throws {
        var client = try Self.openClient()
        let seen = Self.feed(&client, [0x81, 0x80, 0, 0, 0, 0])
        #expect(seen.count == 1 && seen[0].hasPrefix("failed the server broke the WebSocket protocol"))
    }

    @Test func whatIsNoEventIsAFailureOfTheServer() throws {
        var client = try Self.openClient()
        #expect(Self.feed(&client, Self.frame("[]")) == ["failed the server sent something that is no event"])
    }

    @Test func requestsExpire() throws {
        var client = try Self.openClient()
        let start = MonotonicInstant(nanoseconds: 0)
        let id = try client.request(type: "A", data: nil, SentRequest(at: start, wallNanoseconds: 0))
        let early = start.advanced(byMilliseconds: 99)
        #expect(client.expire(now: early, timeoutMilliseconds: 100) == [])
        #expect(client.oldestPending == start)
        #expect(client.expire(now: start.advanced(byMilliseconds: 100), timeoutMilliseconds: 100) == [id])
        #expect(client.pendingCount == 0 && client.oldestPending == nil)
    }
}
