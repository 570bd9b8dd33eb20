import Core
import HTTP1
import TestSupport
import WebSocket

/// What the decoder says must not depend on how its input is cut, and what it lets through must be valid.
enum WebSocketFuzzing {
    private static let messageBytesMax = 300

    static func decode(_ input: [UInt8], _ role: WebSocketRole) {
        guard let seed = input.first else { return }
        let bytes = Array(input.dropFirst())
        let whole = transcript(bytes, role, .whole)
        let cut = transcript(bytes, role, seed == 0 ? .byteByByte : .random(seed: UInt64(seed)))
        precondition(whole == cut, "\(whole) but \(cut)")
    }

    private static func transcript(_ bytes: [UInt8], _ role: WebSocketRole, _ cutting: Cutting) -> [String] {
        var decoder = WebSocketDecoder(role: role, messageBytesMax: messageBytesMax)
        var lines: [String] = []
        var hasFailed = false
        DripFeed.run(bytes, cutting) { bytes in
            if hasFailed { return (0, false) }
            var consumed = 0
            do throws(WebSocketError) {
                guard let line = describe(try decoder.next(bytes, consumed: &consumed)) else {
                    return (consumed, false)
                }
                lines.append(line)
                return (consumed, true)
            } catch {
                precondition(error.closeCode.isValidOnWire)
                lines.append("error \(error)")
                hasFailed = true
                return (consumed, false)
            }
        }
        return lines
    }

    private static func describe(_ event: WebSocketDecoder.Event) -> String? {
        switch event {
        case .needMoreData: return nil
        case .text(let text):
            precondition(text.count <= messageBytesMax)
            precondition(String(validating: text, as: UTF8.self) != nil, "invalid UTF-8 let through")
            return "text \(Array(text))"
        case .binary(let bytes):
            precondition(bytes.count <= messageBytesMax)
            return "binary \(Array(bytes))"
        case .ping(let bytes):
            precondition(bytes.count <= 125)
            return "ping \(Array(bytes))"
        case .pong(let bytes):
            precondition(bytes.count <= 125)
            return "pong \(Array(bytes))"
        case .close(let code, let reason):
            precondition(code?.isValidOnWire != false)
            return "close \(code?.rawValue ?? 0) \(Array(reason))"
        }
    }

    /// A request's head, as the handshake sees it.
    static func handshake(_ input: [UInt8]) {
        var parser = RequestParser(limits: HTTPLimits())
        var consumed = 0
        let event = try? input.withUnsafeBytes { try parser.next($0, consumed: &consumed) }
        guard case .head(let head)? = event else { return }
        guard let upgrade = try? UpgradeRequest.parse(head) else { return }
        precondition(upgrade.key.count == 24, "a key of \(upgrade.key.count) bytes")
        let offered = head.headers.all("sec-websocket-protocol").flatMap { value in
            Array(value.utf8).split(separator: 0x2C).map { element in
                let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
                return element.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
            }
        }
        precondition(
            upgrade.offers("cloudevents.json") == offered.contains { $0.elementsEqual("cloudevents.json".utf8) })
    }
}
