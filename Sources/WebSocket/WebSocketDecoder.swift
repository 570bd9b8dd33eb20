import Core

/// WebSocket messages from bytes: frames, fragments, UTF-8, close (RFC 6455). Sans I/O; one per connection.
///
/// A message in one whole frame is handed out where it stands in the caller's buffer. Any other is collected, and so
/// checked, as it comes; only then is storage owned.
public struct WebSocketDecoder {
    /// What came. Memory is valid until the next call.
    public enum Event {
        case needMoreData
        case text(UnsafeRawBufferPointer)
        case binary(UnsafeRawBufferPointer)
        case ping(UnsafeRawBufferPointer)
        case pong(UnsafeRawBufferPointer)
        /// Without a code if the frame was empty. Nothing is to be decoded after it.
        case close(CloseCode?, reason: UnsafeRawBufferPointer)
    }

    /// A message that is being collected.
    private final class Assembly {
        let opcode: Opcode
        var bytes: [UInt8] = []
        var validator = UTF8Validator()
        /// Of the frame whose payload is incomplete.
        var frameLeft = 0
        var frameMask: UInt32 = 0
        var isFrameFinal = false

        init(opcode: Opcode) { self.opcode = opcode }
    }

    private let role: WebSocketRole
    private let messageBytesMax: Int32
    private var assembly: Assembly?
    /// A collected message stays here until the next call.
    private var finished: Assembly?

    public init(role: WebSocketRole, messageBytesMax: Int) {
        self.role = role
        self.messageBytesMax = Int32(clamping: messageBytesMax)
    }

    /// - Parameters:
    ///   - bytes: everything received and not yet consumed; payloads are unmasked in place.
    ///   - consumed: what was used is added.
    public mutating func next(
        _ bytes: UnsafeMutableRawBufferPointer, consumed: inout Int
    ) throws(WebSocketError) -> Event {
        finished = nil
        var rest = bytes
        while true {
            if let assembly, assembly.frameLeft > 0 {
                let taken = try collect(rest, into: assembly)
                consumed += taken
                rest = UnsafeMutableRawBufferPointer(rebasing: rest[taken...])
                guard assembly.frameLeft == 0 else { return .needMoreData }
                if assembly.isFrameFinal { return try finish(assembly) }
            }
            guard let header = try FrameHeader.parse(UnsafeRawBufferPointer(rest), role: role) else {
                return .needMoreData
            }
            try check(header)
            let available = rest.count - header.headerBytes
            let isWhole = available >= header.payloadBytes
            if header.opcode.isControl {
                guard isWhole else { return .needMoreData }
                consumed += header.headerBytes + header.payloadBytes
                return try control(header, payload(header, rest))
            }
            if isWhole, header.isFinal, header.opcode != .continuation {
                consumed += header.headerBytes + header.payloadBytes
                return try message(header, payload(header, rest))
            }
            begin(header)
            consumed += header.headerBytes
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[header.headerBytes...])
            if header.payloadBytes == 0, let assembly, header.isFinal { return try finish(assembly) }
        }
    }

    /// What only the state of the connection, or the limit, makes wrong.
    private func check(_ header: FrameHeader) throws(WebSocketError) {
        if header.opcode.isControl { return }
        if header.opcode == .continuation {
            guard let assembly else { throw .continuationWithoutStart }
            guard header.payloadBytes <= Int(messageBytesMax) - assembly.bytes.count else { throw .messageTooBig }
        } else {
            if assembly != nil { throw .messageInsideMessage }
            guard header.payloadBytes <= Int(messageBytesMax) else { throw .messageTooBig }
        }
    }

    private func payload(_ header: FrameHeader, _ bytes: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer {
        let range = header.headerBytes..<header.headerBytes + header.payloadBytes
        let payload = UnsafeMutableRawBufferPointer(rebasing: bytes[range])
        Masking.apply(header.mask, to: payload)
        return UnsafeRawBufferPointer(payload)
    }

    private func message(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer
    ) throws(WebSocketError) -> Event {
        guard header.opcode == .text else { return .binary(payload) }
        var validator = UTF8Validator()
        guard validator.receive(payload), validator.isComplete else { throw .invalidUTF8 }
        return .text(payload)
    }

    private func control(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer
    ) throws(WebSocketError) -> Event {
        if header.opcode == .ping { return .ping(payload) }
        if header.opcode == .pong { return .pong(payload) }
        if payload.isEmpty { return .close(nil, reason: payload) }
        guard payload.count >= 2 else { throw .badClosePayload }
        let code = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.isValidOnWire else { throw .badCloseCode }
        let reason = payload.slice(2..<payload.count)
        var validator = UTF8Validator()
        guard validator.receive(reason), validator.isComplete else { throw .invalidUTF8 }
        return .close(code, reason: reason)
    }

    // MARK: Collecting

    private mutating func begin(_ header: FrameHeader) {
        let current = assembly ?? Assembly(opcode: header.opcode)
        current.frameLeft = header.payloadBytes
        current.frameMask = header.mask
        current.isFrameFinal = header.isFinal
        assembly = current
    }

    private func collect(
        _ bytes: UnsafeMutableRawBufferPointer, into assembly: Assembly
    ) throws(WebSocketError) -> Int {
        let count = min(bytes.count, assembly.frameLeft)
        let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
        Masking.apply(assembly.frameMask, to: piece)
        assembly.frameMask = Masking.turned(assembly.frameMask, by: count)
        assembly.frameLeft -= count
        if assembly.opcode == .text, !assembly.validator.receive(UnsafeRawBufferPointer(piece)) { throw .invalidUTF8 }
        assembly.bytes.append(bytes: UnsafeRawBufferPointer(piece))
        return count
    }

    private mutating func finish(_ done: Assembly) throws(WebSocketError) -> Event {
        assembly = nil
        guard done.opcode != .text || done.validator.isComplete else { throw .invalidUTF8 }
        finished = done
        let opcode = done.opcode
        // The array is kept by `finished`, and nothing changes it: its storage stays where it is until the next call.
        return done.bytes.withUnsafeBytes { opcode == .text ? .text($0) : .binary($0) }
    }
}
