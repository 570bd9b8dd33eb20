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

    /// Nil unless the text is 1 to 16 hexadecimal digits, of either case or of lower case alone.
    public static func number(_ text: UnsafeRawBufferPointer, isLowerCase: Bool = false) -> UInt64? {
        if text.count == 16 {
            guard let high = word(eight(text, 0, isLowerCase)), let low = word(eight(text, 8, isLowerCase)) else {
                return nil
            }
            return high << 32 | low
        }
        guard (1...16).contains(text.count) else { return nil }
        var result: UInt64 = 0
        for byte in text {
            guard !isLowerCase || !(0x41...0x5A).contains(byte), let nibble = value(of: byte) else { return nil }
            result = result << 4 | UInt64(nibble)
        }
        return result
    }

    /// Letters in lower case.
    private static func eight(_ text: UnsafeRawBufferPointer, _ offset: Int, _ isLowerCase: Bool) -> UInt64 {
        let eight = text.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
        return isLowerCase ? eight : eight | (eight & 0x4040_4040_4040_4040) >> 1
    }

    /// The eight digits of a number, in lower case, in the eight bytes from the lowest up.
    @inlinable
    public static func digits(_ number: UInt32) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let number = UInt64(number)
        let fours = number >> 16 | (number & 0xFFFF) << 32
        let pairs = (fours >> 8) & 0x0000_00FF_0000_00FF | (fours & 0x0000_00FF_0000_00FF) << 16
        let nibbles = (pairs >> 4) & 0x000F_000F_000F_000F | (pairs & 0x000F_000F_000F_000F) << 8
        let beyondNine = ((nibbles &+ ones &* 6) >> 4) & ones
        return nibbles &+ ones &* 0x30 &+ beyondNine &* 0x27
    }

    /// The number that eight digits are, which stand in the eight bytes from the lowest up; nil unless all of them are
    /// digits, in lower case.
    @inlinable
    public static func word(_ eight: UInt64) -> UInt64? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let isLetter = (eight >> 6) & ones
        let nibbles = (eight & (ones &* 0x0F)) &+ isLetter &* 9
        // What these would be written as is what stands there, or it was no digit. No byte carries into the next.
        let beyondNine = ((nibbles &+ ones &* 6) >> 4) & ones
        guard nibbles & (ones &* 0xF0) == 0, nibbles &+ ones &* 0x30 &+ beyondNine &* 0x27 == eight else { return nil }
        let pairs = (nibbles << 4 | nibbles >> 8) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs << 8 | pairs >> 16) & 0x0000_FFFF_0000_FFFF
        return (fours << 16 | fours >> 32) & 0xFFFF_FFFF
    }
}
