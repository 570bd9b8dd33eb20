import CloudEvents
import Core
import Crypto
import Glibc
import TestSupport
import Testing
import WebSocket

@testable import switchboard

@Suite struct SessionClientTests {
    /// The answer to a client's request for a WebSocket.
    static func handshake(_ output: [UInt8], subprotocol: String? = "cloudevents.json") throws -> [UInt8] {
        let request = String(decoding: output, as: UTF8.self)
        let key = try #require(request.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") })
        let accept = Base64.encode(SHA1.digest(UpgradeRequest.acceptInput(key: Array(key.utf8.dropFirst(19)))))
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

    static func feed(_ client: inout SessionClient, _ bytes: [UInt8]) -> [String] {
        bytes.withUnsafeBytes { client.receive($0) }.map(describe)
    }

    static func describe(_ event: SocketEvent) -> String {
        switch event {
        case .event(let event): "event \(event.type)"
        case .refused(let refusal):
            "refused \(refusal.status) \(refusal.retryAfterSeconds.map(String.init) ?? "-") \(refusal.detail ?? "-")"
        case .closed(let code, let reason): "closed \(code.map(String.init) ?? "-") \(reason)"
        case .failed(let why): "failed \(why)"
        }
    }

    static func openClient() throws -> SessionClient {
        var client = SessionClient(endpoint: Endpoint())
        let answer = try handshake(client.output)
        client.sent(client.output.count)
        #expect(feed(&client, answer).isEmpty && client.isOpen)
        return client
    }

    static func event(_ type: String) -> [UInt8] {
        frame(#"{"specversion":"1.0","id":"p","source":"/l","type":"\#(type)"}"#)
    }

    static func close(_ code: CloseCode?, _ reason: String = "") -> [UInt8] {
        var bytes: [UInt8] = []
        FrameEncoder.appendClose(code, reason: reason, to: &bytes)
        return bytes
    }

    @Test func asksForTheSubprotocol() {
        let request = String(decoding: SessionClient(endpoint: Endpoint()).output, as: UTF8.self)
        #expect(request.hasPrefix("GET /ws HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"))
        #expect(request.contains("\r\nSec-WebSocket-Protocol: cloudevents.json\r\n"))
        #expect(request.hasSuffix("\r\n\r\n"))
        let other = String(decoding: SessionClient(endpoint: Endpoint(), target: "/x?y").output, as: UTF8.self)
        #expect(other.hasPrefix("GET /x?y HTTP/1.1\r\n"))
    }

    @Test(arguments: Cutting.all)
    func opensReceivesAndCloses(_ cutting: Cutting) throws {
        var client = SessionClient(endpoint: Endpoint())
        var input = try Self.handshake(client.output)
        client.sent(client.output.count)
        for type in ["A", "B"] { input += Self.event(type) }
        input += Self.frame("hello", .ping) + Self.close(.goingAway, "reconnect in 5") + Self.event("C")
        var seen: [String] = []
        var rest = input[...]
        for piece in cutting.pieces(of: input.count) {
            seen += Self.feed(&client, Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        #expect(seen == ["event A", "event B", "closed 1001 reconnect in 5"])
        #expect(client.isClosed && client.receiveEnd().isEmpty)
        // A pong of five bytes, and a close frame with the code.
        #expect(client.output.count == 2 + 4 + 5 + 2 + 4 + 2)
    }

    @Test(
        arguments: [
            ("HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nRetry-After: 7\r\n\r\n{}", "refused 503 7 -"),
            ("HTTP/1.1 401 No\r\nContent-Length: 18\r\n\r\n{\"detail\":\"who? \"}", "refused 401 - who? "),
            ("HTTP/1.1 503 Busy\r\nRetry-After: Tue, 24 Nov 2026 11:00:00 GMT\r\n\r\n", "refused 503 - -"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "refused 200 - -"),
            ("HTTP/1.1 404 No\r\nContent-Length: -4\r\n\r\n", "refused 404 - -"),
            (
                "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                "failed the server's answer to the handshake is wrong: wrongAccept"
            ),
        ] as [(String, String)], Cutting.all)
    func handshakesThatFail(_ item: (answer: String, expected: String), _ cutting: Cutting) {
        var client = SessionClient(endpoint: Endpoint())
        var seen: [String] = []
        var rest = Array(item.answer.utf8)[...]
        for piece in cutting.pieces(of: rest.count) {
            seen += Self.feed(&client, Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        #expect(seen == [item.expected])
        #expect(client.isClosed)
    }

    @Test func whatIsNotHTTPFails() {
        var client = SessionClient(endpoint: Endpoint())
        let seen = Self.feed(&client, Array("SSH-2.0-OpenSSH\r\n\r\n".utf8))
        #expect(seen.count == 1 && seen[0].hasPrefix("failed the server's answer to the handshake is wrong"))
    }

    @Test func aRefusalWhoseBodyNeverComesIsToldAtTheEnd() {
        var client = SessionClient(endpoint: Endpoint())
        #expect(Self.feed(&client, Array("HTTP/1.1 409 Held\r\nContent-Length: 90\r\n\r\n{".utf8)).isEmpty)
        #expect(client.receiveEnd().map(Self.describe) == ["refused 409 - -"])
        #expect(client.isClosed)
    }

    @Test func wantsTheSubprotocol() throws {
        var client = SessionClient(endpoint: Endpoint())
        let answer = try Self.handshake(client.output, subprotocol: nil)
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

    @Test func afterItsGoodbyeItWaitsForTheServersAlone() throws {
        var client = try Self.openClient()
        client.close()
        let goodbye = client.output.count
        #expect(!client.isOpen && !client.isClosed)
        #expect(Self.feed(&client, Self.event("A") + Self.frame("x", .ping)).isEmpty)
        client.send(event: Array("{}".utf8))
        client.close()
        #expect(Self.feed(&client, Self.close(.normal)) == ["closed 1000 "])
        #expect(client.isClosed && client.output.count == goodbye)
    }

    @Test func maskedFramesOfTheServerAreRefused() throws {
        var client = try Self.openClient()
        let seen = Self.feed(&client, [0x81, 0x80, 0, 0, 0, 0])
        #expect(seen.count == 1 && seen[0].hasPrefix("failed the server broke the WebSocket protocol"))
        #expect(client.isClosed && client.output.first == 0x88)
    }

    @Test func whatIsNoEventIsAFailureOfTheServer() throws {
        var client = try Self.openClient()
        #expect(
            Self.feed(&client, Self.frame("[]") + Self.event("A"))
                == ["failed the server sent something that is no event"])
        #expect(client.isClosed)
    }
}
