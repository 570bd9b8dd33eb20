/// Validates UTF-8 as it comes, piece by piece: fails at the first byte that can't be right (RFC 3629 §4). Four bytes of
/// state.
public struct UTF8Validator: Sendable {
    /// Continuation bytes still to come.
    private var needed: UInt8 = 0
    /// What the next continuation byte may be: narrower after some leads, against overlong forms and surrogates.
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    public init() {}

    /// Whether no character is left unfinished.
    public var isComplete: Bool { needed == 0 }

    /// False once the text can't be UTF-8 any more; then nothing more is to be asked.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < bytes.count {
            if needed == 0 {
                while at + 32 <= bytes.count, Self.isASCII32(bytes, at) { at += 32 }
                while at + 8 <= bytes.count,
                    bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    at += 8
                }
                at = Self.skipCharacters(bytes, at)
                guard at < bytes.count else { return true }
                guard begin(bytes[at]) else { return false }
            } else {
                guard bytes[at] >= low, bytes[at] <= high else { return false }
                low = 0x80
                high = 0xBF
                needed -= 1
            }
            at += 1
        }
        return true
    }

    public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var validator = UTF8Validator()
        return validator.receive(bytes) && validator.isComplete
    }

    private static func isASCII32(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Bool {
        let words = bytes.loadUnaligned(fromByteOffset: at, as: SIMD4<UInt64>.self)
        return (words.x | words.y | words.z | words.w) & 0x8080_8080_8080_8080 == 0
    }

    /// Whole characters at a time, as long as four bytes are left: then up to the end, to a byte that is wrong, or to ASCII
    /// that is worth skipping in larger steps.
    private static func skipCharacters(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var at = start
        while at + 4 <= bytes.count {
            // The first byte is the lowest, so that masks read from right to left.
            let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            if word & 0x80 == 0 {
                guard word & 0x8080_8080 != 0 else { break }
                at += (word & 0x8080_8080).trailingZeroBitCount / 8
            } else if word & 0xC0E0 == 0x80C0 {
                guard word & 0x1E != 0 else { break }
                at += 2
            } else if word & 0xC0_C0F0 == 0x80_80E0 {
                // Neither overlong nor a surrogate.
                guard word & 0x200F != 0, word & 0x200F != 0x200D else { break }
                at += 3
            } else if word & 0xC0C0_C0F8 == 0x8080_80F0 {
                // Neither overlong nor beyond U+10FFFF.
                guard word & 0x3007 != 0, word & 0x07 < 4 || word & 0x3007 == 0x0004 else { break }
                at += 4
            } else {
                break
            }
        }
        return at
    }

    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: needed = 1
        case 0xE0...0xEF:
            needed = 2
            if byte == 0xE0 { low = 0xA0 }
            if byte == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            needed = 3
            if byte == 0xF0 { low = 0x90 }
            if byte == 0xF4 { high = 0x8F }
        default: return false
        }
        return true
    }
}
