import Core
import Crypto

/// Base64 with the URL alphabet, without padding (RFC 7515 §2).
public enum Base64URL {
    /// Nil unless the text is canonical: each byte sequence has one text.
    public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var standard: [UInt8] = []
        standard.reserveCapacity(text.count + 3)
        for character in text {
            switch character {
            case 0x2D: standard.append(0x2B)
            case 0x5F: standard.append(0x2F)
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: standard.append(character)
            default: return nil
            }
        }
        while standard.count % 4 != 0 { standard.append(0x3D) }
        return Base64.decode(String(decoding: standard, as: UTF8.self))
    }

    public static func decode(_ text: String) -> [UInt8]? { Array(text.utf8).withUnsafeBytes { decode($0) } }
}
