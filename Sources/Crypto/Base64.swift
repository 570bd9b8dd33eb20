import COpenSSL

/// Base64 (RFC 4648 §4), padded.
public enum Base64 {
    public static func encode(_ bytes: [UInt8]) -> String {
        var output = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = EVP_EncodeBlock(&output, bytes, CInt(clamping: bytes.count))
        return String(decoding: output.prefix(Int(max(count, 0))), as: UTF8.self)
    }

    /// Nil unless the text is canonical Base64.
    public static func decode(_ text: String) -> [UInt8]? {
        let input = Array(text.utf8)
        guard input.count % 4 == 0 else { return nil }
        guard !input.isEmpty else { return [] }
        var output = [UInt8](repeating: 0, count: input.count / 4 * 3)
        let count = EVP_DecodeBlock(&output, input, CInt(clamping: input.count))
        guard count >= 0 else { return nil }
        // The library counts padding as zero bytes.
        let padding = input.suffix(2).count { $0 == 0x3D }
        let bytes = Array(output.prefix(Int(count) - padding))
        return encode(bytes) == text ? bytes : nil
    }
}
