import JSON
import TestSupport
import WebSocket

/// A WebSocket client that can do everything wrong.
final class WebSocketPeer {
    let socket: RawSocket
    private var decoder = WebSocketDecoder(role: .client, messageBytesMax: 1 << 20)
    static let subprotocol = "Sec-WebSocket-Protocol: cloudevents.json\r\n"
    static let mask: UInt32 = 0x1234_5678

    /// - Parameter headers: lines that end in CRLF.
    init(port: UInt16, target: String = "/ws", headers: String = subprotocol, receiveBytes: CInt? = nil) throws {
        socket = try RawSocket(port: port, receiveBytes: receiveBytes)
        socket.send(
            "GET \(target) HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(headers)\r\n")
        let response = RawResponse.read(socket)
        guard response?.status == 101, response?.header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
            throw RawSocket.Failure(description: "no WebSocket: \(String(describing: response))")
        }
    }

    func send(_ text: String, _ opcode: Opcode = .text, isFinal: Bool = true) {
        send(Array(text.utf8), opcode, isFinal: isFinal)
    }

    func send(_ payload: [UInt8], _ opcode: Opcode = .text, isFinal: Bool = true) {
        var bytes: [UInt8] = []
        payload.withUnsafeBytes {
            FrameEncoder.append(opcode, payload: $0, mask: Self.mask, isFinal: isFinal, to: &bytes)
        }
        socket.send(bytes)
    }

    /// The next message, as `text …`, `ping …`, `pong …`, `close CODE REASON`; nil if none comes in time.
    func next(milliseconds: CInt = 10_000) -> String? {
        var found: String?
        var consumed = 0
        socket.read(milliseconds: milliseconds) { received in
            var received = received
            var used = 0
            var copy = decoder
            found = received.withUnsafeMutableBytes { bytes -> String? in
                switch try? copy.next(bytes, consumed: &used) {
                case .text(let text): "text " + String(decoding: text, as: UTF8.self)
                case .binary: "binary"
                case .ping(let payload): "ping " + String(decoding: payload, as: UTF8.self)
                case .pong(let payload): "pong " + String(decoding: payload, as: UTF8.self)
                case .close(let code, let reason):
                    "close \(code?.rawValue ?? 0) " + String(decoding: reason, as: UTF8.self)
                case .needMoreData, nil: nil
                }
            }
            guard found != nil else { return false }
            decoder = copy
            consumed = used
            return true
        }
        _ = socket.take(consumed)
        return found
    }

    /// The next event.
    func nextEvent() -> JSONValue? {
        guard let message = next(), message.hasPrefix("text ") else { return nil }
        return try? JSONValue.parse(Array(message.dropFirst(5).utf8))
    }
}
