/// What several clients do to the listener, one after the other, and when. An input reads as text:
/// steps are separated by the byte 0x1E, and each begins with a letter (what), a digit (whose connection), and goes on with
/// what is sent. Connections are opened when they are used first.
///
///     r0GET /livez HTTP/1.1…           bytes as they are
///     p0/events⏎Content-Type: …⏎⏎{…}  a POST, with the lengths that belong to it
///     w1/ws?after=0                    a WebSocket's handshake; u1: one without the subprotocol
///     t1{…}                            a text frame
///     f1<first byte>…                  any frame
///     h1                               the end of the client's own side
///     c1                               the connection's end
///     i0GET /sessions HTTP/1.1…        bytes to the internal listener
///     q0[…]                            a batch to /dispatch
///
/// `{T1}`, `{C1}`, `{R1}` stand for the resume token, the name and the return address of the last session of connection 1;
/// `{E}`, `{F}` for return address and correlation id of the last event that reached the dispatcher.
struct ListenerScript {
    enum Action {
        case bytes, post, handshake, lenientHandshake, text, frame, halfClose, close, internalBytes, dispatch
    }

    struct Step {
        let action: Action
        let connection: Int
        let content: [UInt8]
    }

    static let connectionsMax = 3
    private static let stepsMax = 24
    private static let separator: UInt8 = 0x1E

    let steps: [Step]

    init(_ input: ArraySlice<UInt8>) {
        steps = input.split(separator: Self.separator, maxSplits: 64).prefix(Self.stepsMax).map { text in
            let connection = Int(text.dropFirst().first ?? 0x30) &- 0x30
            return Step(
                action: Self.action(text.first ?? 0), connection: abs(connection) % Self.connectionsMax,
                content: Array(text.dropFirst(2)))
        }
    }

    /// Every letter means something, so that few changes of an input are for nothing.
    private static func action(_ letter: UInt8) -> Action {
        switch letter & 0xF {
        case 0: .post  // p
        case 1: .dispatch  // q
        case 3: .close  // c
        case 4: .text  // t
        case 5: .lenientHandshake  // u
        case 6: .frame  // f
        case 7: .handshake  // w
        case 8: .halfClose  // h
        case 9: .internalBytes  // i
        default: .bytes  // r
        }
    }
}

extension ListenerScript.Step {
    private static let mask: UInt32 = 0x1234_5678

    /// What goes over the connection.
    /// - Parameter content: with its placeholders filled in.
    func bytes(_ content: [UInt8]) -> [UInt8] {
        switch action {
        case .bytes, .internalBytes: content
        case .post: Self.request("POST", content)
        case .dispatch:
            Self.request(
                "POST", Array("/dispatch\nContent-Type: application/cloudevents-batch+json\n\n".utf8) + content)
        case .handshake: Self.handshake(content, "Sec-WebSocket-Protocol: cloudevents.json\r\n")
        case .lenientHandshake: Self.handshake(content, "")
        case .text: Self.frame(0x81, content[...])
        case .frame: Self.frame(content.first ?? 0x80, content.dropFirst())
        case .halfClose, .close: []
        }
    }

    private static func request(_ method: String, _ content: [UInt8]) -> [UInt8] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = content[...]
        while let end = rest.firstIndex(of: 0x0A) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if line.isEmpty { break }
            lines.append(line)
        }
        var bytes = Array("\(method) ".utf8) + (lines.first ?? []) + Array(" HTTP/1.1\r\nHost: t\r\n".utf8)
        for line in lines.dropFirst() { bytes += line + [0x0D, 0x0A] }
        return bytes + Array("Content-Length: \(rest.count)\r\n\r\n".utf8) + rest
    }

    private static func handshake(_ content: [UInt8], _ more: String) -> [UInt8] {
        let lines = content.split(separator: 0x0A)
        var bytes = Array("GET ".utf8) + (lines.first ?? [])
        bytes += Array(" HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n".utf8)
        bytes += Array("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(more)".utf8)
        for line in lines.dropFirst() { bytes += line + [0x0D, 0x0A] }
        return bytes + [0x0D, 0x0A]
    }

    private static func frame(_ first: UInt8, _ payload: ArraySlice<UInt8>) -> [UInt8] {
        var bytes = [first]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else {
            bytes += [
                0x80 | 126, UInt8(truncatingIfNeeded: payload.count >> 8), UInt8(truncatingIfNeeded: payload.count),
            ]
        }
        let mask = (0..<4).map { UInt8(truncatingIfNeeded: Self.mask >> ($0 * 8)) }
        bytes += mask
        for (at, byte) in payload.enumerated() { bytes.append(byte ^ mask[at % 4]) }
        return bytes
    }
}
