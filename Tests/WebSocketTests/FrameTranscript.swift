import TestSupport
import WebSocket

/// What a decoder says of an input, as text: the same however the input is cut.
enum FrameTranscript {
    static func of(_ input: [UInt8], _ role: WebSocketRole, _ cutting: Cutting, messageBytesMax: Int = 70_000)
        -> [String]
    {
        var decoder = WebSocketDecoder(role: role, messageBytesMax: messageBytesMax)
        var lines: [String] = []
        var hasFailed = false
        let rest = DripFeed.run(input, cutting) { bytes in
            if hasFailed { return (0, false) }
            var consumed = 0
            do throws(WebSocketError) {
                guard let line = describe(try decoder.next(bytes, consumed: &consumed)) else {
                    return (consumed, false)
                }
                lines.append(line)
            } catch {
                lines.append("error \(error)")
                hasFailed = true
                // Something may have been consumed, and unmasked, of the frame that failed.
                return (consumed, false)
            }
            return (consumed, true)
        }
        if !hasFailed, !rest.isEmpty || decoder.isInsideMessage { lines.append("waiting") }
        return lines
    }

    private static func describe(_ event: WebSocketDecoder.Event) -> String? {
        switch event {
        case .needMoreData: nil
        case .text(let bytes): "text " + shown(bytes)
        case .binary(let bytes): "binary " + shown(bytes)
        case .ping(let bytes): "ping " + shown(bytes)
        case .pong(let bytes): "pong " + shown(bytes)
        case .close(nil, let reason): "close " + shown(reason)
        case .close(let code?, let reason): "close \(code.rawValue) " + shown(reason)
        }
    }

    /// Long ones by their length and a sum over all bytes.
    static func shown(_ bytes: some Collection<UInt8>) -> String {
        if bytes.count <= 32 { return String(decoding: bytes, as: UTF8.self) }
        return "\(bytes.count) bytes \(bytes.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) })"
    }
}
