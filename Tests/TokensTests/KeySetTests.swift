import Crypto
import TestTokens
import Testing

@testable import Tokens

/// Keys from PEM and from JWKS documents.
@Suite struct KeySetTests {
    private static func keys(
        _ text: String, _ algorithms: Set<TokenAlgorithm> = Set(TokenAlgorithm.allCases)
    ) throws -> [TokenKey] { try KeySetDocument.keys(Array(text.utf8), algorithms: algorithms).keys }

    @Test func aSetOfAllKindsChecksThemAll() throws {
        let issuers = TokenIssuer.Algorithm.allCases.map { TokenIssuer($0, keyID: "key \($0.rawValue)") }
        let keys = try Self.keys(TokenIssuer.keySet(issuers))
        #expect(keys.map(\.algorithm) == [.hs256, .rs256, .es256, .edDSA])
        for issuer in issuers { #expect(Checked.refusal(issuer.token(Checked.claims), keys) == nil) }
        let asymmetric = try Self.keys(TokenIssuer.keySet(issuers), TokenAlgorithm.asymmetric)
        #expect(asymmetric.map(\.algorithm) == [.rs256, .es256, .edDSA])
    }

    @Test func keysThatCannotBeUsedArePassedOver() throws {
        let good = TokenIssuer(.es256, keyID: "good")
        for other in [
            "1", "{}", "{\"kty\":\"EC\"}", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}",
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", "{\"kty\":\"OKP\",\"crv\":\"X25519\"}",
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}", "{\"kty\":\"oct\",\"k\":\"c2hvcnQ\"}",
            "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"\"}",
            "{\"kty\":\"RSA\",\"n\":1,\"e\":\"AQAB\"}",
            TokenIssuer(.rs256, bits: 1024).jwk(), TokenIssuer(.es256).jwk(",\"use\":\"enc\""),
            TokenIssuer(.es256).jwk(",\"alg\":\"ES384\""), TokenIssuer(.es256).jwk(",\"key_ops\":[\"sign\"]"),
            TokenIssuer(.es256).jwk(",\"kid\":7"), TokenIssuer(.rs256).jwk(",\"alg\":\"PS256\""),
            Self.offCurve(),
        ] {
            #expect(try Self.keys("{\"keys\":[\(other),\(good.jwk())]}").map(\.id) == ["good"], "\(other)")
            #expect(throws: KeySetError.noUsableKey) { try Self.keys("{\"keys\":[\(other)]}") }
        }
        let said = good.jwk(",\"alg\":\"ES256\",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"x5t\":\"…\"")
        #expect(try Self.keys("{\"keys\":[\(said)]}").count == 1)
    }

    /// Two coordinates that are each in range, and no point of the curve.
    private static func offCurve() -> String {
        let number = TokenIssuer.encode([UInt8](repeating: 1, count: 32))
        return "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(number)\",\"y\":\"\(number)\"}"
    }

    @Test func aDocumentIsBounded() {
        let key = TokenIssuer(.edDSA).jwk()
        func set(_ count: Int) -> String {
            "{\"keys\":[" + [String](repeating: key, count: count).joined(separator: ",") + "]}"
        }
        #expect(throws: Never.self) { try Self.keys(set(64)) }
        #expect(throws: KeySetError.tooManyKeys) { try Self.keys(set(65)) }
        #expect(throws: KeySetError.tooLong) { try Self.keys(set(1) + String(repeating: " ", count: 262_144)) }
        for text in ["", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]", "{\"keys\":[],\"keys\":[]}"] {
            #expect(throws: KeySetError.notAKeySet, "\(text)") { try Self.keys(text) }
        }
        let deep = String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
        #expect(throws: KeySetError.notAKeySet) { try Self.keys("{\"keys\":[\(key)],\"pad\":\(deep)}") }
        let two = TokenIssuer(.edDSA, keyID: "one").jwk() + "," + TokenIssuer(.es256, keyID: "one").jwk()
        #expect(throws: KeySetError.repeatedKeyID) { try Self.keys("{\"keys\":[\(two)]}") }
    }

    @Test func aKeyFileHoldsOneStrongPublicKey() {
        func error(_ text: String) -> SignatureKeyError? {
            do throws(SignatureKeyError) {
                _ = try SignatureKey(publicKeyPEM: Array(text.utf8))
                return nil
            } catch {
                return error
            }
        }
        let issuer = TokenIssuer(.es256)
        #expect(error(issuer.publicKeyPEM) == nil)
        #expect(error("a comment\n" + issuer.publicKeyPEM) == nil)
        #expect(error(issuer.privateKeyPEM) == .privateKey)
        #expect(error(issuer.publicKeyPEM + TokenIssuer(.es256).publicKeyPEM) == .severalKeys)
        #expect(error(TokenIssuer(.es256, curve: "P-384").publicKeyPEM) == .unsupportedCurve)
        #expect(error(TokenIssuer(.rs256, bits: 1024).publicKeyPEM) == .weak(bits: 1024, atLeast: 2048))
        #expect(error("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n") == .unreadable)
        #expect(error("") == .unreadable)
        #expect(throws: SignatureKeyError.weak(bits: 248, atLeast: 256)) {
            try SignatureKey(secret: [UInt8](repeating: 1, count: 31))
        }
    }
}
