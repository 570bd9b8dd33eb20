import COpenSSL

/// A hash function of OpenSSL's, looked up once: by `EVP_sha1()` and its like each call would look it up again.
struct MessageDigest: @unchecked Sendable {
    // Sendable: OpenSSL's description of an algorithm is constant, and is never freed here.
    private let algorithm: OpaquePointer
    private let bytes: Int

    /// - Parameter bytes: of its values.
    init(_ name: String, bytes: Int) {
        guard let algorithm = EVP_MD_fetch(nil, name, nil) else { preconditionFailure("OpenSSL has no \(name)") }
        self.algorithm = algorithm
        self.bytes = bytes
    }

    func digest(_ message: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: bytes)
        let status = message.withUnsafeBytes { EVP_Digest($0.baseAddress, $0.count, &output, nil, algorithm, nil) }
        precondition(status == 1, "OpenSSL can't compute a digest")
        return output
    }
}
