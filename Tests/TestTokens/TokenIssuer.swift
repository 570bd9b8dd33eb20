import COpenSSL
import Foundation

/// An identity provider's key, made by OpenSSL, and what it signs. Nothing here is the gateway's own code.
public final class TokenIssuer {
    public enum Algorithm: String, CaseIterable, Sendable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    public let algorithm: Algorithm
    public let keyID: String?
    /// Of HS256.
    public let secret: [UInt8]
    private let key: OpaquePointer?

    /// - Parameters:
    ///   - bits: of an RSA key.
    ///   - curve: of an EC key.
    public init(_ algorithm: Algorithm, keyID: String? = nil, bits: Int = 2048, curve: String = "P-256") {
        self.algorithm = algorithm
        self.keyID = keyID
        secret = algorithm == .hs256 ? (0..<48).map { _ in UInt8.random(in: 0x21...0x7E) } : []
        switch algorithm {
        case .hs256: key = nil
        case .rs256: key = Self.make("RSA") { EVP_PKEY_CTX_set_rsa_keygen_bits($0, CInt(bits)) }
        case .es256: key = Self.make("EC") { EVP_PKEY_CTX_set_group_name($0, curve) }
        case .edDSA: key = Self.make("ED25519") { _ in 1 }
        }
    }

    deinit { EVP_PKEY_free(key) }

    private static func make(_ type: String, _ configure: (OpaquePointer?) -> CInt) -> OpaquePointer? {
        let context = EVP_PKEY_CTX_new_from_name(nil, type, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        precondition(
            EVP_PKEY_keygen_init(context) == 1 && configure(context) == 1 && EVP_PKEY_generate(context, &key) == 1,
            "OpenSSL can't make a \(type) key")
        return key
    }

    // MARK: Its public side

    public var publicKeyPEM: String {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        precondition(PEM_write_bio_PUBKEY(bio, key) == 1, "OpenSSL can't write a public key")
        var text = [UInt8](repeating: 0, count: 8192)
        let count = BIO_read(bio, &text, CInt(text.count))
        return String(decoding: text.prefix(Int(max(count, 0))), as: UTF8.self)
    }

    public var privateKeyPEM: String {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        precondition(PEM_write_bio_PKCS8PrivateKey(bio, key, nil, nil, 0, nil, nil) == 1, "OpenSSL can't write a key")
        var text = [UInt8](repeating: 0, count: 8192)
        let count = BIO_read(bio, &text, CInt(text.count))
        return String(decoding: text.prefix(Int(max(count, 0))), as: UTF8.self)
    }

    /// - Parameter extra: further members, each with a comma in front.
    public func jwk(_ extra: String = "") -> String {
        let name = keyID.map { ",\"kid\":\"\($0)\"" } ?? ""
        switch algorithm {
        case .hs256: return "{\"kty\":\"oct\",\"k\":\"\(Self.encode(secret))\"\(name)\(extra)}"
        case .rs256: return "{\"kty\":\"RSA\",\"n\":\"\(number("n"))\",\"e\":\"\(number("e"))\"\(name)\(extra)}"
        case .es256:
            let point = "\"x\":\"\(number("qx", bytes: 32))\",\"y\":\"\(number("qy", bytes: 32))\""
            return "{\"kty\":\"EC\",\"crv\":\"P-256\",\(point)\(name)\(extra)}"
        case .edDSA:
            var raw = [UInt8](repeating: 0, count: 32)
            var count = 32
            precondition(EVP_PKEY_get_raw_public_key(key, &raw, &count) == 1, "no raw public key")
            return "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(Self.encode(raw))\"\(name)\(extra)}"
        }
    }

    public static func keySet(_ issuers: [TokenIssuer]) -> String {
        "{\"keys\":[" + issuers.map { $0.jwk() }.joined(separator: ",") + "]}"
    }

    private func number(_ name: String, bytes: Int? = nil) -> String {
        var number: OpaquePointer?
        precondition(EVP_PKEY_get_bn_param(key, name, &number) == 1, "the key has no \(name)")
        defer { BN_free(number) }
        var raw = [UInt8](repeating: 0, count: bytes ?? Int(BN_num_bits(number) + 7) / 8)
        precondition(BN_bn2binpad(number, &raw, CInt(raw.count)) >= 0, "the number is too long")
        return Self.encode(raw)
    }

    // MARK: Tokens

    /// A token that says what is given, under the header that belongs to it.
    /// - Parameter header: instead of that one.
    public func token(_ claims: String, header: String? = nil) -> String {
        let name = keyID.map { ",\"kid\":\"\($0)\"" } ?? ""
        let header = header ?? "{\"alg\":\"\(algorithm.rawValue)\",\"typ\":\"JWT\"\(name)}"
        let signed = Self.encode(Array(header.utf8)) + "." + Self.encode(Array(claims.utf8))
        return signed + "." + Self.encode(signature(of: Array(signed.utf8)))
    }

    /// A token for a subject, valid from now on.
    public func token(
        subject: String, seconds: Double = 600, issuer: String? = nil, audience: String? = nil, extra: String = ""
    ) -> String {
        let expiry = Date().timeIntervalSince1970 + seconds
        var claims = "{\"sub\":\"\(subject)\",\"exp\":\(String(format: "%.3f", expiry))"
        if let issuer { claims += ",\"iss\":\"\(issuer)\"" }
        if let audience { claims += ",\"aud\":\"\(audience)\"" }
        return token(claims + extra + "}")
    }

    public static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    /// HMAC-SHA-256 with any key: for those who take a public key for a secret.
    public static func code(_ message: [UInt8], secret: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var count: CUnsignedInt = 0
        precondition(HMAC(EVP_sha256(), secret, CInt(secret.count), message, message.count, &code, &count) != nil)
        return code
    }

    private func signature(of message: [UInt8]) -> [UInt8] {
        if algorithm == .hs256 { return Self.code(message, secret: secret) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        let digest = algorithm == .edDSA ? nil : EVP_sha256()
        var signature = [UInt8](repeating: 0, count: 2048)
        var count = signature.count
        precondition(
            EVP_DigestSignInit(context, nil, digest, nil, key) == 1
                && EVP_DigestSign(context, &signature, &count, message, message.count) == 1, "OpenSSL can't sign")
        let made = Array(signature.prefix(count))
        return algorithm == .es256 ? Self.pair(made) : made
    }

    /// The two numbers of ECDSA's DER, side by side.
    private static func pair(_ encoded: [UInt8]) -> [UInt8] {
        let signature = encoded.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_ECDSA_SIG(nil, &start, bytes.count)
        }
        defer { ECDSA_SIG_free(signature) }
        var pair = [UInt8](repeating: 0, count: 64)
        pair.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            BN_bn2binpad(ECDSA_SIG_get0_r(signature), base, 32)
            BN_bn2binpad(ECDSA_SIG_get0_s(signature), base + 32, 32)
        }
        return pair
    }
}
