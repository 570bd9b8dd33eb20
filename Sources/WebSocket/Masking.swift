/// Masking payloads (RFC 6455 §5.3), which is its own inverse.
public enum Masking {
    /// In place. - Parameter mask: as in the frame, first byte lowest, turned to the position of the first byte.
    @inlinable
    public static func apply(_ mask: UInt32, to bytes: UnsafeMutableRawBufferPointer) {
        guard mask != 0 else { return }
        let wide = UInt64(mask) << 32 | UInt64(mask)
        var at = 0
        while at + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ wide
            bytes.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
            at += 8
        }
        while at < bytes.count {
            bytes[at] ^= UInt8(truncatingIfNeeded: mask >> (UInt32(at & 3) * 8))
            at += 1
        }
    }

    /// The mask for bytes that begin so many bytes into the payload.
    @inlinable
    public static func turned(_ mask: UInt32, by bytes: Int) -> UInt32 {
        let shift = UInt32(truncatingIfNeeded: bytes & 3) * 8
        return shift == 0 ? mask : mask >> shift | mask << (32 - shift)
    }
}
