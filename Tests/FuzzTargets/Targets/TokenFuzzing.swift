import Core
import Crypto
import Tokens

/// Tokens and key sets: as they come, and with a right signature, so that what they say is read as well.
enum TokenFuzzing {
    private static let now: UInt64 = 1_800_000_000_000_000_000
    private static let secret = [UInt8](repeating: 0x73, count: 32)
    private static let rules = TokenRules(algorithms: Set(TokenAlgorithm.allCases), audience: "switchboard")

    /// A token as it is; a key set; and, cut at its first line break, the header and the claims of a signed token.
    static func check(_ input: [UInt8]) {
        guard let key = try? SignatureKey(secret: secret) else { preconditionFailure("the secret is long enough") }
        let keys = TokenKeys([TokenKey(key)])
        _ = try? KeySetDocument.keys(input, algorithms: Set(TokenAlgorithm.allCases))
        precondition(claims(input, keys) == nil, "forged")
        if let bytes = input.withUnsafeBytes({ Base64URL.decode($0) }) {
            precondition(encode(bytes) == input, "two texts for the same bytes")
        }
        let parts = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
        let header = parts.count == 2 ? parts[0] : Array("{\"alg\":\"HS256\"}".utf8)
        let signed = encode(header) + [0x2E] + encode(parts[parts.count - 1])
        let code = signed.withUnsafeBytes { HMACKey(secret).code($0) }
        guard let claims = claims(signed + [0x2E] + encode(code), keys) else { return }
        precondition(!claims.subject.isEmpty && claims.subject.utf8.allSatisfy { $0 >= 0x20 })
        precondition(claims.expirySeconds + rules.leewaySeconds > Double(now) / 1e9, "it has expired")
    }

    private static func claims(_ token: [UInt8], _ keys: TokenKeys) -> TokenClaims? {
        token.withUnsafeBytes { try? rules.check($0, keys: keys, wallNanoseconds: now) }
    }

    private static func encode(_ bytes: [UInt8]) -> [UInt8] {
        Base64.encode(bytes).utf8.compactMap { byte in
            switch byte {
            case 0x2B: 0x2D
            case 0x2F: 0x5F
            case 0x3D: nil
            default: byte
            }
        }
    }
}
