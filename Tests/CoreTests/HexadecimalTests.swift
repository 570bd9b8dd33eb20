import Core
import Testing

@Suite struct HexadecimalTests {
    private static func word(_ text: String) -> UInt64? {
        Hexadecimal.word(Array(text.utf8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func number(_ text: String) -> UInt64? {
        Array(text.utf8).withUnsafeBytes { Hexadecimal.number($0) }
    }

    @Test func eightDigitsAreTheirNumber() {
        #expect(Self.word("00000000") == 0)
        #expect(Self.word("0123abcd") == 0x0123_ABCD)
        #expect(Self.word("ffffffff") == 0xFFFF_FFFF)
        #expect(Self.word("fedc9876") == 0xFEDC_9876)
    }

    /// Every byte in every place, against what a digit is.
    @Test(arguments: 0..<8) func whatIsNoDigitIsFoundInEveryPlace(place: Int) {
        for byte in UInt8.min...UInt8.max {
            var bytes = Array("12ab90ef".utf8)
            bytes[place] = byte
            let word = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self).littleEndian }
            let isDigit = (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
            let expected = isDigit ? UInt64(String(decoding: bytes, as: UTF8.self), radix: 16) : nil
            #expect(Hexadecimal.word(word) == expected)
        }
    }

    @Test(arguments: 0..<16) func sixteenDigitsAreOfEitherCase(place: Int) {
        for byte in UInt8.min...UInt8.max {
            var bytes = Array("12AB90ef00000fFf".utf8)
            bytes[place] = byte
            let isDigit = Hexadecimal.value(of: byte) != nil
            let expected = isDigit ? UInt64(String(decoding: bytes, as: UTF8.self), radix: 16) : nil
            #expect(bytes.withUnsafeBytes { Hexadecimal.number($0) } == expected)
        }
    }

    @Test func upperCaseCanBeRefused() {
        for text in ["f", "ff", "00000000000000ff", "ff00000000000000"] {
            for (text, number) in [(text, UInt64(text, radix: 16)), (text.uppercased(), nil)] {
                #expect(Array(text.utf8).withUnsafeBytes { Hexadecimal.number($0, isLowerCase: true) } == number)
            }
        }
    }

    @Test func otherLengthsAreDigitByDigit() {
        #expect(Self.number("") == nil)
        #expect(Self.number("fF") == 255)
        #expect(Self.number("fG") == nil)
        #expect(Self.number("00112233445566778") == nil)
    }

    @Test func digitsAreWhatTheNumberIsReadFrom() {
        for number in [0, 9, 10, 0x0123_4567, 0x89AB_CDEF, .max] as [UInt32] {
            let digits = Hexadecimal.digits(number)
            #expect(Hexadecimal.word(digits) == UInt64(number))
            let text = withUnsafeBytes(of: digits.littleEndian) { String(decoding: $0, as: UTF8.self) }
            #expect(UInt32(text, radix: 16) == number && text == text.lowercased())
        }
    }
}
