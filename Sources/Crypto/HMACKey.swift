import COpenSSL

/// HMAC-SHA-256 with one key. The context is set up once and used again, which makes a code cost a fifth. It belongs to
/// one thread.
public final class HMACKey {
    private let context: OpaquePointer

    public init(_ key: [UInt8]) {
        guard let mac = EVP_MAC_fetch(nil, "HMAC", nil), let context = EVP_MAC_CTX_new(mac) else {
            preconditionFailure("OpenSSL has no HMAC")
        }
        EVP_MAC_free(mac)
        self.context = context
        // An empty key has to be given as a pointer all the same: nil would mean the earlier key.
        let bytes = key.isEmpty ? [0] : key
        // OpenSSL keeps pointers to the parameter's name and value, so both have to live until the context is set up.
        let status = OSSL_MAC_PARAM_DIGEST.withCString { parameter in
            "SHA256".withCString { name in
                var parameters = [
                    OSSL_PARAM_construct_utf8_string(parameter, UnsafeMutablePointer(mutating: name), 0),
                    OSSL_PARAM_construct_end(),
                ]
                return EVP_MAC_init(context, bytes, key.count, &parameters)
            }
        }
        precondition(status == 1, "OpenSSL can't make an HMAC key")
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// The 32 bytes of the message's code.
    public func code(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: 32)
        var length = 0
        let bytes = message.bindMemory(to: UInt8.self)
        let isDone =
            EVP_MAC_init(context, nil, 0, nil) == 1 && EVP_MAC_update(context, bytes.baseAddress, bytes.count) == 1
            && EVP_MAC_final(context, &output, &length, output.count) == 1
        precondition(isDone && length == 32, "OpenSSL can't compute an HMAC")
        return output
    }
}
