import Crypto

/// How a token may be signed (RFC 7518 §3.1, RFC 8037 §3.1). Which one it is follows from the key.
public enum TokenAlgorithm: String, CaseIterable, Sendable {
    case hs256 = "HS256"
    case rs256 = "RS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"

    /// Those whose verifier can't sign.
    public static let asymmetric: Set<TokenAlgorithm> = [.rs256, .es256, .edDSA]

    init(_ kind: SignatureKey.Kind) {
        switch kind {
        case .hmacSHA256: self = .hs256
        case .rsaSHA256: self = .rs256
        case .ecdsaP256SHA256: self = .es256
        case .ed25519: self = .edDSA
        }
    }
}
