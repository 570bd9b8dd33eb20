import COpenSSL
import Core

/// A key that signatures are checked with, by the one algorithm that it is for. From any thread.
public final class SignatureKey: @unchecked Sendable {
    // Sendable: nothing changes after init. OpenSSL's operations on an EVP_PKEY that only read it, each with a context of
    // its own, may run at the same time (OpenSSL's openssl-threads(7)).
    public enum Kind: Equatable, Sendable { case hmacSHA256, rsaSHA256, ecdsaP256SHA256, ed25519 }

    private enum Material {
        case secret([UInt8])
        case key(OpaquePointer)
    }

    /// As many as the digest has (RFC 7518 §3.2).
    public static let secretBytesMin = 32
    public static let rsaBits = 2048...8192

    public let kind: Kind
    private let material: Material

    public init(secret: [UInt8]) throws(SignatureKeyError) {
        guard secret.count >= Self.secretBytesMin else {
            throw .weak(bits: secret.count * 8, atLeast: Self.secretBytesMin * 8)
        }
        kind = .hmacSHA256
        material = .secret(secret)
    }

    /// One public key as `SubjectPublicKeyInfo`.
    public convenience init(publicKeyPEM: [UInt8]) throws(SignatureKeyError) {
        let text = String(decoding: publicKeyPEM, as: UTF8.self)
        if text.contains("PRIVATE KEY-----") { throw .privateKey }
        if text.split(separator: "-----BEGIN ", omittingEmptySubsequences: false).count > 2 { throw .severalKeys }
        defer { ERR_clear_error() }
        guard let bio = BIO_new_mem_buf(publicKeyPEM, CInt(clamping: publicKeyPEM.count)) else { throw .unreadable }
        defer { BIO_free(bio) }
        // An empty passphrase, so that a file which claims to be encrypted does not make OpenSSL ask at the terminal.
        var passphrase: CChar = 0
        guard let key = PEM_read_bio_PUBKEY(bio, nil, nil, &passphrase) else { throw .unreadable }
        try self.init(taking: key)
    }

    /// Both big-endian.
    public convenience init(rsaModulus: [UInt8], exponent: [UInt8]) throws(SignatureKeyError) {
        guard rsaModulus.count <= Self.rsaBits.upperBound / 8 + 1, exponent.count <= 8 else {
            throw .tooLarge(bits: rsaModulus.count * 8, atMost: Self.rsaBits.upperBound)
        }
        defer { ERR_clear_error() }
        guard
            let key = switchboard_rsa_key(rsaModulus, CInt(rsaModulus.count), exponent, CInt(exponent.count))
        else { throw .unreadable }
        try self.init(taking: key)
    }

    /// The coordinates of a point of P-256, 32 bytes each. One that is not on the curve is refused.
    public convenience init(p256X: [UInt8], y: [UInt8]) throws(SignatureKeyError) {
        guard p256X.count == 32, y.count == 32 else { throw .unreadable }
        defer { ERR_clear_error() }
        guard let key = switchboard_p256_key([0x04] + p256X + y) else { throw .unreadable }
        try self.init(taking: key)
    }

    public convenience init(ed25519: [UInt8]) throws(SignatureKeyError) {
        guard ed25519.count == 32, let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, ed25519, 32) else {
            ERR_clear_error()
            throw .unreadable
        }
        try self.init(taking: key)
    }

    private init(taking key: OpaquePointer) throws(SignatureKeyError) {
        do throws(SignatureKeyError) {
            kind = try Self.kind(of: key)
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
        material = .key(key)
    }

    deinit { if case .key(let key) = material { EVP_PKEY_free(key) } }

    private static func kind(of key: OpaquePointer) throws(SignatureKeyError) -> Kind {
        if EVP_PKEY_is_a(key, "RSA") == 1 {
            let bits = Int(EVP_PKEY_get_bits(key))
            guard bits >= rsaBits.lowerBound else { throw .weak(bits: bits, atLeast: rsaBits.lowerBound) }
            guard bits <= rsaBits.upperBound else { throw .tooLarge(bits: bits, atMost: rsaBits.upperBound) }
            return .rsaSHA256
        }
        if EVP_PKEY_is_a(key, "EC") == 1 {
            var name = [CChar](repeating: 0, count: 64)
            var length = 0
            guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1,
                name.prefix(length).elementsEqual("prime256v1".utf8.map { CChar($0) })
            else { throw .unsupportedCurve }
            return .ecdsaP256SHA256
        }
        guard EVP_PKEY_is_a(key, "ED25519") == 1 else { throw .unsupportedKind }
        return .ed25519
    }

    // MARK: Checking

    /// - Parameter signature: as JWS has it (RFC 7518 §3): ECDSA's as R and S, 32 bytes each.
    public func verifies(_ signature: [UInt8], of message: UnsafeRawBufferPointer) -> Bool {
        // Another user of OpenSSL on this thread would find our failures, and take them for its own.
        defer { ERR_clear_error() }
        switch (material, kind) {
        case (.secret(let secret), _): return ConstantTime.equals(signature, Self.code(secret, message))
        case (.key(let key), .ecdsaP256SHA256):
            guard let encoded = Self.encodedECDSA(signature) else { return false }
            return Self.verifies(key, EVP_sha256(), encoded, message)
        case (.key(let key), .ed25519): return Self.verifies(key, nil, signature, message)
        case (.key(let key), _): return Self.verifies(key, EVP_sha256(), signature, message)
        }
    }

    private static func code(_ secret: [UInt8], _ message: UnsafeRawBufferPointer) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var length: CUnsignedInt = 0
        let bytes = message.bindMemory(to: UInt8.self)
        let done = HMAC(
            EVP_sha256(), secret, CInt(clamping: secret.count), bytes.baseAddress, bytes.count, &code, &length)
        precondition(done != nil && length == 32, "OpenSSL can't compute an HMAC")
        return code
    }

    private static func verifies(
        _ key: OpaquePointer, _ digest: OpaquePointer?, _ signature: [UInt8], _ message: UnsafeRawBufferPointer
    ) -> Bool {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("EVP_MD_CTX_new: out of memory") }
        defer { EVP_MD_CTX_free(context) }
        let bytes = message.bindMemory(to: UInt8.self)
        return EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, bytes.baseAddress, bytes.count) == 1
    }

    /// R and S as the DER sequence that OpenSSL wants.
    private static func encodedECDSA(_ signature: [UInt8]) -> [UInt8]? {
        guard signature.count == 64, let pair = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(pair) }
        let r = signature.withUnsafeBufferPointer { BN_bin2bn($0.baseAddress, 32, nil) }
        let s = signature.withUnsafeBufferPointer { BN_bin2bn($0.baseAddress.map { $0 + 32 }, 32, nil) }
        guard ECDSA_SIG_set0(pair, r, s) == 1 else {
            BN_free(r)
            BN_free(s)
            return nil
        }
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = i2d_ECDSA_SIG(pair, &encoded)
        guard length > 0, let encoded else { return nil }
        defer { CRYPTO_free(encoded, nil, 0) }
        return Array(UnsafeBufferPointer(start: encoded, count: Int(length)))
    }
}
