import Core
import Testing

@Suite struct ByteComparisonTests {
    private static let texts: [StaticString] = [
        "", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghijklmno",
        "abcdefghijklmnop", "abcdefghijklmnopq",
    ]

    /// Each text, and with each of its bytes changed, shortened and lengthened.
    @Test func onlyTheSameBytesAreEqual() {
        for text in Self.texts {
            let same = Array("\(text)".utf8)
            #expect(same.withUnsafeBytes { $0.equals(text) && $0.equals(same) && !$0.equals(same + [0]) })
            for at in same.indices {
                var other = same
                other[at] ^= 0x80
                #expect(!other.withUnsafeBytes { $0.equals(text) })
            }
            #expect(!(same + [0x78]).withUnsafeBytes { $0.equals(text) })
            if !same.isEmpty { #expect(!same.dropLast().withUnsafeBytes { $0.equals(text) }) }
        }
    }
}
