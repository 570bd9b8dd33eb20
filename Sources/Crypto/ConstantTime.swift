import COpenSSL

/// Comparing secrets without telling by the time it takes where they differ.
public enum ConstantTime {
    /// Lengths are not secret.
    public static func equals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
