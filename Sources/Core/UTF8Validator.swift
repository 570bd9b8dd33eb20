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
