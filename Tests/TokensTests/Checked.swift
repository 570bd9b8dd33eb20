import Crypto
import Foundation
import TestTokens

@testable import Tokens

/// What becomes of a token.
enum Checked {
    static let now: Double = 1_800_000_000
    static let rules = TokenRules(
        algorithms: Set(TokenAlgorithm.allCases), issuer: "https://issuer.test", audience: "switchboard",
        leewaySeconds: 30)
    /// In order in every way, at `now`.
    static let claims =
        "{\"iss\":\"https://issuer.test\",\"aud\":\"switchboard\",\"sub\":\"ann\",\"exp\":\(now + 60),\"nbf\":\(now - 60)}"

    static func claims(_ changes: [String: String?]) -> String {
        var members: [String: String] = [
            "iss": "\"https://issuer.test\"", "aud": "\"switchboard\"", "sub": "\"ann\"", "exp": "\(now + 60)",
        ]
        for (name, value) in changes { members[name] = value }
        return "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    static func key(of issuer: TokenIssuer) throws -> TokenKey {
        let key =
            issuer.algorithm == .hs256
            ? try SignatureKey(secret: issuer.secret)
            : try SignatureKey(publicKeyPEM: Array(issuer.publicKeyPEM.utf8))
        return TokenKey(id: issuer.keyID, key)
    }

    static func check(
        _ token: String, _ keys: [TokenKey], rules: TokenRules = rules, at now: Double = now
    ) throws(TokenError) -> TokenClaims {
        let bytes = Array(token.utf8)
        return try bytes.withBytes { bytes throws(TokenError) in
            try rules.check(bytes, keys: TokenKeys(keys), wallNanoseconds: UInt64(now * 1e9))
        }
    }

    /// Nil if it was accepted.
    static func refusal(
        _ token: String, _ keys: [TokenKey], rules: TokenRules = rules, at now: Double = now
    ) -> TokenError? {
        do throws(TokenError) {
            _ = try check(token, keys, rules: rules, at: now)
            return nil
        } catch {
            return error
        }
    }
}
