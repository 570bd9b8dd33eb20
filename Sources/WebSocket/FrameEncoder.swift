import Core

/// Frames as bytes (RFC 6455 §5.2).
public enum FrameEncoder {
    private static let controlPayloadBytesMax = 125

    /// - Parameters:
    ///   - payload: at most 125 bytes for a control frame.
    ///   - mask: for clients, from a random source; the byte at its lowest address goes first.
    ///   - isFinal: false for every fragment but the last.
    public static func append(
        _ opcode: Opcode, payload: UnsafeRawBufferPointer, mask: UInt32? = nil, isFinal: Bool = true,
        to bytes: inout [UInt8]
    ) {
        precondition(!opcode.isControl || payload.count <= controlPayloadBytesMax && isFinal)
        appendHeader(opcode, payloadBytes: payload.count, isFinal: isFinal, mask: mask, to: &bytes)
        let start = bytes.count
        bytes.append(bytes: payload)
        guard let mask else { return }
        bytes.withUnsafeMutableBytes {
            _ = Masking.apply(mask, to: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
        }
    }

    /// The header of a server's final frame; the caller appends the payload.
    public static func appendHeader(_ opcode: Opcode, payloadBytes: Int, to bytes: inout [UInt8]) {
        appendHeader(opcode, payloadBytes: payloadBytes, isFinal: true, mask: nil, to: &bytes)
    }

    /// - Parameters:
    ///   - code: nil for an empty close frame, which has no reason either.
    ///   - reason: cut at a character's border to the 123 bytes that a close frame holds.
    public static func appendClose(
        _ code: CloseCode?, reason: String, mask: UInt32? = nil, to bytes: inout [UInt8]
    ) {
        var payload: [UInt8] = []
        if let code {
            payload.append(UInt8(truncatingIfNeeded: code.rawValue >> 8))
            payload.append(UInt8(truncatingIfNeeded: code.rawValue))
            for scalar in reason.unicodeScalars {
                let character = UTF8.encode(scalar)
                guard let character, payload.count + character.count <= controlPayloadBytesMax else { break }
                payload.append(contentsOf: character)
            }
        }
        payload.withUnsafeBytes { append(.close, payload: $0, mask: mask, to: &bytes) }
    }

    private static func appendHeader(
        _ opcode: Opcode, payloadBytes: Int, isFinal: Bool, mask: UInt32?, to bytes: inout [UInt8]
    ) {
        // Collected in one word, so that there is one append and not up to fourteen.
        var header: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &header) { header in
            let maskBit: UInt8 = mask == nil ? 0 : 0x80
            header[0] = (isFinal ? 0x80 : 0) | opcode.rawValue
            var count = 2
            if payloadBytes < 126 {
                header[1] = maskBit | UInt8(truncatingIfNeeded: payloadBytes)
            } else if payloadBytes < 65_536 {
                header[1] = maskBit | 126
                let length = UInt16(truncatingIfNeeded: payloadBytes).bigEndian
                header.storeBytes(of: length, toByteOffset: 2, as: UInt16.self)
                count = 4
            } else {
                header[1] = maskBit | 127
                header.storeBytes(of: UInt64(payloadBytes).bigEndian, toByteOffset: 2, as: UInt64.self)
                count = 10
            }
            if let mask {
                header.storeBytes(of: mask, toByteOffset: count, as: UInt32.self)
                count += 4
            }
            bytes.append(bytes: UnsafeRawBufferPointer(rebasing: header[..<count]))
        }
    }
}
