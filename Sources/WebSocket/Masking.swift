/// Masking payloads (RFC 6455 §5.3), which is its own inverse.
public enum Masking {
    /// In place, eight bytes at a time.
    /// - Parameter mask: as loaded from the frame, first byte at the lowest address, turned to the phase of the first byte.
    /// - Returns: whether all bytes are ASCII afterwards.
    @inlinable
    @discardableResult
    public static func apply(_ mask: UInt32, to bytes: UnsafeMutableRawBufferPointer) -> Bool {
        let wide = UInt64(mask) << 32 | UInt64(mask)
        var seen: UInt64 = 0
        var at = 0
        while at + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ wide
            bytes.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
            seen |= word
            at += 8
        }
        let little = UInt32(littleEndian: mask)
        while at < bytes.count {
            bytes[at] ^= UInt8(truncatingIfNeeded: little >> (UInt32(at & 3) * 8))
            seen |= UInt64(bytes[at])
            at += 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }

    /// The mask for bytes that begin so many bytes into the payload.
    @inlinable
    public static func turned(_ mask: UInt32, by bytes: Int) -> UInt32 {
        let shift = UInt32(truncatingIfNeeded: bytes & 3) * 8
        let little = UInt32(littleEndian: mask)
        return UInt32(littleEndian: shift == 0 ? little : little >> shift | little << (32 - shift))
    }
}
