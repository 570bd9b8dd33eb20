import Core

/// Percent escapes in a path's segment (RFC 3986 §2.1).
public enum PercentEncoding {
    /// Nil if an escape is not two hexadecimal digits, or if the text is not UTF-8.
    public static func decode(_ segment: Substring) -> String? {
        guard segment.utf8.contains(0x25) else { return String(segment) }
        var bytes: [UInt8] = []
        var rest = segment.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(Hexadecimal.value),
                let low = rest.popFirst().flatMap(Hexadecimal.value)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Everything but the unreserved characters (RFC 3986 §2.3) is escaped.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: text.append(byte)
            default:
                text.append(0x25)
                text.append(Self.upper(byte >> 4))
                text.append(Self.upper(byte & 15))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func upper(_ nibble: UInt8) -> UInt8 { nibble < 10 ? nibble &+ 0x30 : nibble &+ 0x37 }
}
