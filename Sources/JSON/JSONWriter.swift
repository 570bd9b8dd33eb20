import Core

/// JSON strings, written and read.
public enum JSONWriter {
    /// With quotes. - Parameter utf8: valid UTF-8.
    public static func appendString(_ utf8: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        appendStringBody(utf8, to: &bytes)
        bytes.append(0x22)
    }

    public static func appendString(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { appendString(UnsafeRawBufferPointer($0), to: &bytes) }
    }

    /// Escaped, without quotes.
    public static func appendStringBody(_ utf8: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        guard utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else { return bytes.append(bytes: utf8) }
        for byte in utf8 {
            switch byte {
            case 0x22: bytes.append("\\\"")
            case 0x5C: bytes.append("\\\\")
            case 0x0A: bytes.append("\\n")
            case 0x0D: bytes.append("\\r")
            case 0x09: bytes.append("\\t")
            case 0..<0x20:
                bytes.append("\\u")
                bytes.append(hex: UInt64(byte), digits: 4)
            default: bytes.append(byte)
            }
        }
    }

    /// What a string means. Half a surrogate pair becomes U+FFFD. Nil if an escape is malformed.
    /// - Parameter raw: what stands between the quotes.
    public static func unescape(_ raw: UnsafeRawBufferPointer) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(raw.count)
        var at = 0
        while at < raw.count {
            let byte = raw[at]
            at += 1
            guard byte == 0x5C else {
                result.append(byte)
                continue
            }
            guard at < raw.count else { return nil }
            let escape = raw[at]
            at += 1
            switch escape {
            case 0x22, 0x5C, 0x2F: result.append(escape)
            case 0x62: result.append(0x08)
            case 0x66: result.append(0x0C)
            case 0x6E: result.append(0x0A)
            case 0x72: result.append(0x0D)
            case 0x74: result.append(0x09)
            case 0x75:
                guard let scalar = unicodeEscape(raw, &at) else { return nil }
                result.append(contentsOf: String(Character(scalar)).utf8)
            default: return nil
            }
        }
        return result
    }

    /// - Parameter at: of the first digit; moved behind the escape, and behind its second half.
    private static func unicodeEscape(_ raw: UnsafeRawBufferPointer, _ at: inout Int) -> Unicode.Scalar? {
        guard let unit = codeUnit(raw, at) else { return nil }
        at += 4
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, at + 6 <= raw.count, raw[at] == 0x5C, raw[at + 1] == 0x75,
            let second = codeUnit(raw, at + 2), (0xDC00...0xDFFF).contains(second)
        else { return "\u{FFFD}" }
        at += 6
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00))
    }

    private static func codeUnit(_ raw: UnsafeRawBufferPointer, _ at: Int) -> UInt32? {
        guard at + 4 <= raw.count else { return nil }
        return Hexadecimal.number(raw.slice(at..<at + 4)).map { UInt32(truncatingIfNeeded: $0) }
    }
}
