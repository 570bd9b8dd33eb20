/// A frame's header (RFC 6455 §5.2).
struct FrameHeader {
    let isFinal: Bool
    let opcode: Opcode
    /// As loaded from the frame, first byte at the lowest address; 0 if the frame is not masked.
    let mask: UInt32
    let payloadBytes: Int
    let headerBytes: Int

    /// Nil while it is not whole.
    static func parse(_ bytes: UnsafeRawBufferPointer, role: WebSocketRole) throws(WebSocketError) -> FrameHeader? {
        guard bytes.count >= 2 else { return nil }
        guard bytes[0] & 0x70 == 0 else { throw .reservedBitsSet }
        guard let opcode = Opcode(rawValue: bytes[0] & 0x0F) else { throw .unknownOpcode }
        let isFinal = bytes[0] & 0x80 != 0
        let isMasked = bytes[1] & 0x80 != 0
        if role == .server, !isMasked { throw .maskMissing }
        if role == .client, isMasked { throw .maskNotAllowed }
        let short = Int(bytes[1] & 0x7F)
        if opcode.isControl {
            guard isFinal else { throw .controlFrameFragmented }
            guard short <= 125 else { throw .controlFrameTooLong }
        }
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        let maskAt = 2 + lengthBytes
        guard bytes.count >= maskAt else { return nil }
        let length = try length(bytes, short, lengthBytes)
        let headerBytes = maskAt + (isMasked ? 4 : 0)
        guard bytes.count >= headerBytes else { return nil }
        let mask = isMasked ? bytes.loadUnaligned(fromByteOffset: maskAt, as: UInt32.self) : 0
        return FrameHeader(
            isFinal: isFinal, opcode: opcode, mask: mask, payloadBytes: length, headerBytes: headerBytes)
    }

    private static func length(
        _ bytes: UnsafeRawBufferPointer, _ short: Int, _ lengthBytes: Int
    ) throws(WebSocketError) -> Int {
        guard lengthBytes > 0 else { return short }
        var value: UInt64 = 0
        for at in 2..<2 + lengthBytes { value = value << 8 | UInt64(bytes[at]) }
        guard value <= UInt64(Int.max) else { throw .lengthTooLarge }
        guard value > (lengthBytes == 2 ? 125 : 65_535) else { throw .lengthNotMinimal }
        return Int(value)
    }
}
