import COpenSSL

/// SHA-256.
public enum SHA256 {
    public static func digest(_ message: [UInt8]) -> [UInt8] { MessageDigest.digest(message, EVP_sha256(), bytes: 32) }
}
