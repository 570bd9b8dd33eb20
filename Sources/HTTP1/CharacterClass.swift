/// Characters as RFC 9110 §5.6.2 and §5.5 class them.
enum CharacterClass {
    private static let tokenBits: (UInt64, UInt64) = {
        var bits: (UInt64, UInt64) = (0, 0)
        for byte in Array("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8) {
            if byte < 64 { bits.0 |= 1 << UInt64(byte) } else { bits.1 |= 1 << UInt64(byte - 64) }
        }
        return bits
    }()

    static func isToken(_ byte: UInt8) -> Bool {
        if byte < 64 { return tokenBits.0 >> UInt64(byte) & 1 == 1 }
        return byte < 128 && tokenBits.1 >> UInt64(byte & 63) & 1 == 1
    }

    /// Visible characters, blank, tab, and bytes beyond ASCII; no other control character.
    static func isFieldValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
}
