import Core

/// WebSocket messages from bytes: frames, fragments, UTF-8, close (RFC 6455 §5). Sans I/O; one per connection.
///
/// A message in one whole frame is handed out where it stands in the caller's buffer. Any other is taken over as it comes,
/// text being checked at once; only then is storage owned, and it is freed by the call after the one that handed the
/// message out. Frames of control wait in the caller's buffer until they are whole: at most 131 bytes.
///
/// The events depend on the bytes alone, not on how they were cut. After an error every further call throws the same one;
/// after a close frame everything is consumed and ignored (§5.5.1).
public struct WebSocketDecoder {
    /// What came. Memory is valid until the next call.
    public enum Event {
        case needMoreData
        case text(UnsafeRawBufferPointer)
        case binary(UnsafeRawBufferPointer)
        case ping(UnsafeRawBufferPointer)
        case pong(UnsafeRawBufferPointer)
        /// Without a code if the frame was empty. Nothing comes after it.
        case close(CloseCode?, reason: UnsafeRawBufferPointer)
    }

    private enum State {
        case open
        case closed
        case failed(WebSocketError)
    }

    /// Not whole yet; or handed out whole, and freed by the next call.
    private var pending: MessageAssembly?
    private let messageBytesMax: Int32
    private let role: WebSocketRole
    private var state = State.open

    /// - Parameters:
    ///   - role: of this side.
    ///   - messageBytesMax: of a whole message, over all of its fragments.
    public init(role: WebSocketRole, messageBytesMax: Int) {
        self.role = role
        self.messageBytesMax = Int32(clamping: max(messageBytesMax, 0))
    }

    /// Whether a message has begun that is not whole.
    public var isInsideMessage: Bool { pending?.isLent == false }

    /// - Parameters:
    ///   - bytes: everything received and not yet consumed, from its first byte. Payloads are unmasked in place, and never
    ///     without being consumed by the same call.
    ///   - consumed: what was used from the front of `bytes` is added.
    public mutating func next(
        _ bytes: UnsafeMutableRawBufferPointer, consumed: inout Int
    ) throws(WebSocketError) -> Event {
        if pending?.isLent == true { pending = nil }
        switch state {
        case .open: break
        case .closed:
            consumed += bytes.count
            return .needMoreData
        case .failed(let error): throw error
        }
        do throws(WebSocketError) {
            return try nextEvent(bytes, &consumed)
        } catch {
            pending = nil
            state = .failed(error)
            throw error
        }
    }

    private mutating func nextEvent(
        _ bytes: UnsafeMutableRawBufferPointer, _ consumed: inout Int
    ) throws(WebSocketError) -> Event {
        var rest = bytes
        while true {
            if let pending, pending.frameBytesLeft > 0 {
                let taken = pending.receive(rest)
                consumed += taken
                if pending.isInvalid { throw .invalidUTF8 }
                guard pending.frameBytesLeft == 0 else { return .needMoreData }
                if pending.isFrameFinal { return try finish(pending) }
                rest = UnsafeMutableRawBufferPointer(rebasing: rest[taken...])
            }
            let parsed = try FrameHeader.parse(UnsafeRawBufferPointer(rest), role: role)
            guard let header = parsed else { return .needMoreData }
            try check(header)
            let isWhole = rest.count - header.headerBytes >= header.payloadBytes
            if isWhole, header.isFinal, header.opcode != .continuation {
                consumed += header.headerBytes + header.payloadBytes
                return try whole(header, rest)
            }
            if header.opcode.isControl { return .needMoreData }
            let message = pending ?? MessageAssembly(opcode: header.opcode)
            pending = message
            message.begin(header)
            consumed += header.headerBytes
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[header.headerBytes...])
            if header.payloadBytes == 0, header.isFinal { return try finish(message) }
        }
    }

    /// What is wrong only in this place, or by the limit.
    private func check(_ header: FrameHeader) throws(WebSocketError) {
        switch header.opcode {
        case .close, .ping, .pong: return
        case .continuation: if pending == nil { throw .continuationWithoutStart }
        case .text, .binary: if pending != nil { throw .messageInsideMessage }
        }
        guard header.payloadBytes <= Int(messageBytesMax) - (pending?.count ?? 0) else { throw .messageTooBig }
    }

    /// A frame that is whole in the caller's buffer, and no fragment.
    private mutating func whole(
        _ header: FrameHeader, _ bytes: UnsafeMutableRawBufferPointer
    ) throws(WebSocketError) -> Event {
        let range = header.headerBytes..<header.headerBytes + header.payloadBytes
        let writable = UnsafeMutableRawBufferPointer(rebasing: bytes[range])
        let payload = UnsafeRawBufferPointer(writable)
        let isASCII = header.mask != 0 && Masking.apply(header.mask, to: writable)
        switch header.opcode {
        case .text:
            guard isASCII || UTF8Validator.isValid(payload) else { throw .invalidUTF8 }
            return .text(payload)
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        case .close:
            let event = try Self.close(payload)
            state = .closed
            pending = nil
            return event
        case .binary, .continuation: return .binary(payload)
        }
    }

    /// RFC 6455 §5.5.1, §7.4.
    private static func close(_ payload: UnsafeRawBufferPointer) throws(WebSocketError) -> Event {
        if payload.isEmpty { return .close(nil, reason: payload) }
        guard payload.count >= 2 else { throw .badClosePayload }
        let code = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.isValidOnWire else { throw .badCloseCode }
        let reason = payload.slice(2..<payload.count)
        guard UTF8Validator.isValid(reason) else { throw .invalidUTF8 }
        return .close(code, reason: reason)
    }

    private mutating func finish(_ message: MessageAssembly) throws(WebSocketError) -> Event {
        guard message.isComplete else { throw .invalidUTF8 }
        message.isLent = true
        return message.opcode == .text ? .text(message.bytes) : .binary(message.bytes)
    }
}
