import COpenSSL

/// SHA-256.
public enum SHA256 {
    private static let algorithm = MessageDigest("SHA256", bytes: 32)

    public static func digest(_ message: [UInt8]) -> [UInt8] { algorithm.digest(message) }
}
