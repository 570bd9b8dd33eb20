import Core
import Testing

@Suite struct ByteAppendingTests {
    @Test(
        arguments: [
            (0, 1, "0"), (7, 1, "7"), (10, 1, "10"), (42, 4, "0042"), (12_345, 4, "12345"),
            (UInt64.max, 1, "18446744073709551615"), (1, 16, "0000000000000001"), (1, 24, "000000000000000000000001"),
        ] as [(UInt64, Int, String)])
    func decimal(value: UInt64, width: Int, text: String) {
        var bytes: [UInt8] = []
        bytes.append(decimal: value, width: width)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test(
        arguments: [(0, 2, "00"), (0xAB, 2, "ab"), (0x1AB, 2, "ab"), (UInt64.max, 16, "ffffffffffffffff")]
            as [(UInt64, Int, String)])
    func hexadecimal(value: UInt64, digits: Int, text: String) {
        var bytes: [UInt8] = []
        bytes.append(hex: value, digits: digits)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test(arguments: ["", "0", "zz", "0g", "abc"])
    func badHexadecimalIsRefused(text: String) {
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBytes { Hexadecimal.bytes($0) } == (text.isEmpty ? [] : nil))
    }

    @Test func uuidsAreWellFormedAndOrdered() {
        var random = RandomSource()
        let first = UUIDv7(wallNanoseconds: 1_700_000_000_000_000_000, random: &random).text
        let second = UUIDv7(wallNanoseconds: 1_700_000_000_001_000_000, random: &random).text
        #expect(first < second)
        #expect(first.count == 36)
        #expect(Array(first)[14] == "7")
        #expect("89ab".contains(Array(first)[19]))
    }

    @Test func comparisonIgnoresOnlyCase() {
        func equals(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { $0.equalsIgnoringCase("upgrade") } }
        #expect(equals("Upgrade") && equals("UPGRADE"))
        #expect(!equals("upgrad") && !equals("upgrade ") && !equals("upgr\u{1}de"))
    }
}
