import Core
import HTTP1

/// A client's handshake (RFC 6455 §4.2.1).
public struct UpgradeRequest: Sendable {
    private let headers: HeaderFields

    /// As the client sent it.
    public var key: [UInt8] { headers.withFirst(Self.keyName) { $0.map { Array($0) } ?? [] } }

    /// Whether the client offers it: letter by letter as it is called.
    public func offers(_ subprotocol: StaticString) -> Bool {
        headers.hasElement(Self.subprotocolName) { $0.equals(subprotocol) }
    }

    private static let keyName: StaticString = "sec-websocket-key"
    private static let subprotocolName: StaticString = "sec-websocket-protocol"

    public static func parse(_ head: RequestHead) throws(HandshakeError) -> UpgradeRequest {
        guard head.method == .get else { throw .notGet }
        guard head.isHTTP11 else { throw .http10 }
        guard head.headers.hasToken("upgrade", "websocket") else { throw .noUpgrade }
        guard head.headers.hasToken("connection", "upgrade") else { throw .noConnectionUpgrade }
        guard head.headers.withOnly("sec-websocket-version", { $0?.equals("13") ?? false }) else { throw .wrongVersion }
        guard !head.hasBody else { throw .hasBody }
        guard head.headers.withOnly(keyName, { $0.map(isKey) ?? false }) else { throw .badKey }
        return UpgradeRequest(headers: head.headers)
    }

    /// What SHA-1 and Base64 make the accept value of (RFC 6455 §4.2.2).
    public static func acceptInput(key: [UInt8]) -> [UInt8] {
        var input: [UInt8] = []
        input.reserveCapacity(key.count + 36)
        input.append(contentsOf: key)
        input.append("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
        return input
    }

    /// The 101, with the subprotocol that was chosen from the offer.
    public static func appendAnswer(accept: String, subprotocol: StaticString?, to bytes: inout [UInt8]) {
        bytes.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        bytes.append("Sec-WebSocket-Accept: ")
        bytes.append(utf8: accept)
        if let subprotocol {
            bytes.append("\r\nSec-WebSocket-Protocol: ")
            bytes.append(subprotocol)
        }
        bytes.append("\r\n\r\n")
    }

    /// 16 bytes in Base64: 22 digits, the last with four bits to spare, and two signs of padding.
    private static func isKey(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == 24, bytes[22] == 0x3D, bytes[23] == 0x3D else { return false }
        return bytes[..<22].allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: true
            default: false
            }
        }
    }
}
