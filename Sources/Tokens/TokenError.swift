/// Why a token is not accepted. The raw value is a metric label; nothing of the token is in here.
public enum TokenError: String, Error, CaseIterable, Sendable {
    case tooLong = "too_long"
    case malformed = "malformed"
    case duplicateMember = "duplicate_member"
    /// `alg` is `none`.
    case unsigned = "unsigned"
    case unsupportedAlgorithm = "unsupported_algorithm"
    /// It has a header that must be understood, or is of a type that is no access token.
    case unsupportedHeader = "unsupported_header"
    case unknownKey = "unknown_key"
    /// The key that it names is for another algorithm.
    case wrongAlgorithm = "wrong_algorithm"
    case badSignature = "bad_signature"
    case noExpiry = "no_expiry"
    case expired = "expired"
    case notYetValid = "not_yet_valid"
    case wrongIssuer = "wrong_issuer"
    case wrongAudience = "wrong_audience"
    case badSubject = "bad_subject"

    /// For people who hold the token.
    public var detail: String {
        switch self {
        case .tooLong: "The token is longer than \(CompactToken.bytesMax) bytes."
        case .malformed: "The token is no JSON Web Token."
        case .duplicateMember: "The token has a member twice."
        case .unsigned: "The token is not signed."
        case .unsupportedAlgorithm: "The token's algorithm is not accepted here."
        case .unsupportedHeader: "The token's header asks for something that is not supported."
        case .unknownKey: "The token's key is not known here."
        case .wrongAlgorithm: "The token's key is for another algorithm."
        case .badSignature: "The token's signature is wrong."
        case .noExpiry: "The token has no `exp`."
        case .expired: "The token has expired."
        case .notYetValid: "The token is not valid yet."
        case .wrongIssuer: "The token is of another issuer."
        case .wrongAudience: "The token is for another audience."
        case .badSubject: "The token has no usable `sub`."
        }
    }
}
