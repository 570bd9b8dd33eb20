/// Hexadecimal digits, lower case when written, either case when read.
public enum Hexadecimal {
    @inlinable
    public static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? nibble &+ 0x30 : nibble &+ 0x57 }

    @inlinable
    public static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }

    public static func string(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil unless the text is hexadecimal digits in an even number.
    public static func bytes(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 2)
        for at in stride(from: 0, to: text.count, by: 2) {
            guard let high = value(of: text[at]), let low = value(of: text[at + 1]) else { return nil }
            result.append(high << 4 | low)
        }
        return result
    }

    /// Nil unless the text is 1 to 16 hexadecimal digits.
    public static func number(_ text: UnsafeRawBufferPointer) -> UInt64? {
        guard (1...16).contains(text.count) else { return nil }
        var result: UInt64 = 0
        for byte in text {
            guard let nibble = value(of: byte) else { return nil }
            result = result << 4 | UInt64(nibble)
        }
        return result
    }
}
