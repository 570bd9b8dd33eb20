import Core

/// Frames as bytes (RFC 6455 §5.2).
public enum FrameEncoder {
    private static let closeReasonBytesMax = 123

    /// - Parameter mask: for clients; from a random source.
    public static func append(
        _ opcode: Opcode, payload: UnsafeRawBufferPointer, mask: UInt32? = nil, isFinal: Bool = true,
        to bytes: inout [UInt8]
    ) {
        appendHeader(opcode, payloadBytes: payload.count, isFinal: isFinal, isMasked: mask != nil, to: &bytes)
        guard let mask else { return bytes.append(bytes: payload) }
        for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: mask >> shift)) }
        let start = bytes.count
        bytes.append(bytes: payload)
        bytes.withUnsafeMutableBytes { Masking.apply(mask, to: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
    }

    /// A server's header; the caller appends the payload.
    public static func appendHeader(_ opcode: Opcode, payloadBytes: Int, to bytes: inout [UInt8]) {
        appendHeader(opcode, payloadBytes: payloadBytes, isFinal: true, isMasked: false, to: &bytes)
    }

    /// - Parameter reason: cut at a character's border to what a control frame holds.
    public static func appendClose(
        _ code: CloseCode?, reason: String, mask: UInt32? = nil, to bytes: inout [UInt8]
    ) {
        var payload: [UInt8] = []
        if let code {
            payload.append(UInt8(code.rawValue >> 8))
            payload.append(UInt8(code.rawValue & 0xFF))
            var text = Substring(reason)
            while text.utf8.count > closeReasonBytesMax { text.removeLast() }
            payload.append(utf8: String(text))
        }
        payload.withUnsafeBytes { append(.close, payload: $0, mask: mask, to: &bytes) }
    }

    private static func appendHeader(
        _ opcode: Opcode, payloadBytes: Int, isFinal: Bool, isMasked: Bool, to bytes: inout [UInt8]
    ) {
        let maskBit: UInt8 = isMasked ? 0x80 : 0
        bytes.append((isFinal ? 0x80 : 0) | opcode.rawValue)
        if payloadBytes < 126 {
            bytes.append(maskBit | UInt8(truncatingIfNeeded: payloadBytes))
        } else if payloadBytes < 65_536 {
            bytes.append(maskBit | 126)
            bytes.append(UInt8(truncatingIfNeeded: payloadBytes >> 8))
            bytes.append(UInt8(truncatingIfNeeded: payloadBytes))
        } else {
            bytes.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: UInt64(payloadBytes) >> UInt64(shift)))
            }
        }
    }
}
