import Crypto
import TestTokens
import Testing

@testable import Tokens

/// Whose signature counts, and under which algorithm.
@Suite struct SignatureTests {
    private static let algorithms = TokenIssuer.Algorithm.allCases

    @Test(arguments: algorithms) func aTokenOfItsKeyIsAccepted(_ algorithm: TokenIssuer.Algorithm) throws {
        let issuer = TokenIssuer(algorithm)
        let claims = try Checked.check(issuer.token(Checked.claims), [try Checked.key(of: issuer)])
        #expect(
            claims
                == TokenClaims(
                    subject: "ann", issuer: "https://issuer.test", expirySeconds: Checked.now + 60, types: nil))
    }

    @Test(arguments: algorithms) func aChangedTokenIsRefused(_ algorithm: TokenIssuer.Algorithm) throws {
        let issuer = TokenIssuer(algorithm)
        let keys = [try Checked.key(of: issuer)]
        let parts = issuer.token(Checked.claims).split(separator: ".").map(String.init)
        let other = TokenIssuer.encode(Array(Checked.claims(["sub": "\"bob\""]).utf8))
        #expect(Checked.refusal("\(parts[0]).\(other).\(parts[2])", keys) == .badSignature)
        #expect(Checked.refusal("\(parts[0]).\(parts[1]).", keys) == .badSignature)
        let header = TokenIssuer.encode(Array("{\"alg\":\"\(algorithm.rawValue)\"}".utf8))
        #expect(Checked.refusal("\(header).\(parts[1]).\(parts[2])", keys) == .badSignature)
        var signature = try #require(Base64URL.decode(parts[2]))
        for at in [0, signature.count / 2, signature.count - 1] {
            signature[at] ^= 1
            let text = TokenIssuer.encode(signature)
            #expect(Checked.refusal("\(parts[0]).\(parts[1]).\(text)", keys) == .badSignature)
            signature[at] ^= 1
        }
        for length in [1, 32, 63, 65, 128] where length != signature.count {
            let text = TokenIssuer.encode([UInt8](repeating: 0x7F, count: length))
            #expect(Checked.refusal("\(parts[0]).\(parts[1]).\(text)", keys) == .badSignature)
        }
        let zeros = TokenIssuer.encode([UInt8](repeating: 0, count: signature.count))
        #expect(Checked.refusal("\(parts[0]).\(parts[1]).\(zeros)", keys) == .badSignature)
    }

    @Test(arguments: algorithms) func aTokenOfAnotherKeyIsRefused(_ algorithm: TokenIssuer.Algorithm) throws {
        let stranger = TokenIssuer(algorithm).token(Checked.claims)
        #expect(Checked.refusal(stranger, [try Checked.key(of: TokenIssuer(algorithm))]) == .badSignature)
    }

    @Test func anUnsignedTokenIsRefused() throws {
        let key = try Checked.key(of: TokenIssuer(.hs256))
        for name in ["none", "None", "NONE", "nOnE"] {
            let header = TokenIssuer.encode(Array("{\"alg\":\"\(name)\"}".utf8))
            let claims = TokenIssuer.encode(Array(Checked.claims.utf8))
            #expect(Checked.refusal("\(header).\(claims).", [key]) == .unsigned)
            #expect(Checked.refusal("\(header).\(claims)", [key]) == .malformed)
        }
        for name in ["HS384", "RS512", "PS256", "ES384", "ES256K", "hs256", "", "dir"] {
            let token = TokenIssuer(.hs256).token(Checked.claims, header: "{\"alg\":\"\(name)\"}")
            #expect(Checked.refusal(token, [key]) == .unsupportedAlgorithm)
        }
    }

    /// The attack on verifiers that take a token's word for its algorithm: everybody has the public key.
    @Test(arguments: [TokenIssuer.Algorithm.rs256, .es256, .edDSA])
    func aPublicKeyIsNoSecret(_ algorithm: TokenIssuer.Algorithm) throws {
        let issuer = TokenIssuer(algorithm, keyID: "one")
        let keys = [try Checked.key(of: issuer)]
        let pem = Array(issuer.publicKeyPEM.utf8)
        for secret in [pem, Array(pem.dropLast())] {
            for name in [",\"kid\":\"one\"", ""] {
                let signed =
                    TokenIssuer.encode(Array("{\"alg\":\"HS256\"\(name)}".utf8)) + "."
                    + TokenIssuer.encode(Array(Checked.claims.utf8))
                let code = TokenIssuer.encode(TokenIssuer.code(Array(signed.utf8), secret: secret))
                #expect(Checked.refusal("\(signed).\(code)", keys) == .wrongAlgorithm)
                var rules = Checked.rules
                rules.algorithms = TokenAlgorithm.asymmetric
                #expect(Checked.refusal("\(signed).\(code)", keys, rules: rules) == .unsupportedAlgorithm)
            }
        }
        // Nor does another header make another key of it.
        for other in Self.algorithms where other != algorithm {
            let token = issuer.token(Checked.claims, header: "{\"alg\":\"\(other.rawValue)\",\"kid\":\"one\"}")
            #expect(Checked.refusal(token, keys) == .wrongAlgorithm)
        }
    }

    @Test func theTokenNamesItsKey() throws {
        let (one, two) = (TokenIssuer(.es256, keyID: "one"), TokenIssuer(.es256, keyID: "two"))
        let keys = [try Checked.key(of: one), try Checked.key(of: two)]
        #expect(Checked.refusal(one.token(Checked.claims), keys) == nil)
        #expect(Checked.refusal(two.token(Checked.claims), keys) == nil)
        let swapped = one.token(Checked.claims, header: "{\"alg\":\"ES256\",\"kid\":\"two\"}")
        #expect(Checked.refusal(swapped, keys) == .badSignature)
        let unknown = one.token(Checked.claims, header: "{\"alg\":\"ES256\",\"kid\":\"three\"}")
        #expect(Checked.refusal(unknown, keys) == .unknownKey)
        let nameless = one.token(Checked.claims, header: "{\"alg\":\"ES256\"}")
        #expect(Checked.refusal(nameless, keys) == .unknownKey)
        #expect(Checked.refusal(nameless, [keys[0]]) == nil)
        #expect(Checked.refusal(nameless, []) == .unknownKey)
        // One of each algorithm: then it is clear which one is meant.
        let rsa = try Checked.key(of: TokenIssuer(.rs256, keyID: "rsa"))
        #expect(Checked.refusal(nameless, [keys[0], rsa]) == nil)
        // A key without a name goes by any.
        let anonymous = TokenKey(try SignatureKey(publicKeyPEM: Array(one.publicKeyPEM.utf8)))
        #expect(Checked.refusal(unknown, [anonymous]) == nil)
        #expect(Checked.refusal(swapped, [anonymous, keys[1]]) == .badSignature)
    }
}
