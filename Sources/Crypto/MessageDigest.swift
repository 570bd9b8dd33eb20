import COpenSSL

enum MessageDigest {
    static func digest(_ message: [UInt8], _ algorithm: OpaquePointer?, bytes: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: bytes)
        let status = message.withUnsafeBytes { EVP_Digest($0.baseAddress, $0.count, &output, nil, algorithm, nil) }
        precondition(status == 1, "OpenSSL has no such digest")
        return output
    }
}
