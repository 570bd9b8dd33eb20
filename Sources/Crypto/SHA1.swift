import COpenSSL

/// SHA-1, which the WebSocket handshake asks for (RFC 6455 §4.2.2). Not for security.
public enum SHA1 {
    private static let algorithm = MessageDigest("SHA1", bytes: 20)

    public static func digest(_ message: [UInt8]) -> [UInt8] { algorithm.digest(message) }
}
