import Core
import Tokens

/// Why a client is not let in.
enum AccessRefusal: Error, Equatable, Sendable {
    case noCredentials
    /// More than one, or of a scheme that is none of ours.
    case badCredentials
    case token(TokenError)
    /// The keys were never fetched.
    case keysUnavailable
    /// It names a key that is not known, and the keys are being fetched: it may be a new one.
    case keysBeingFetched
    case tooManyPrincipals
    case noCertificate
    case certificateExpired
    case certificateWithoutSubject

    static let allReasons =
        [
            "no_credentials", "bad_credentials", "keys_unavailable", "keys_being_fetched", "too_many_principals",
            "no_certificate",
            "certificate_expired", "certificate_without_subject",
        ]
        + TokenError.allCases.map(\.rawValue)

    /// The metric's label.
    var reason: String {
        switch self {
        case .noCredentials: "no_credentials"
        case .badCredentials: "bad_credentials"
        case .token(let error): error.rawValue
        case .keysUnavailable: "keys_unavailable"
        case .keysBeingFetched: "keys_being_fetched"
        case .tooManyPrincipals: "too_many_principals"
        case .noCertificate: "no_certificate"
        case .certificateExpired: "certificate_expired"
        case .certificateWithoutSubject: "certificate_without_subject"
        }
    }

    var problem: Problem {
        switch self {
        case .noCredentials:
            Problem(.unauthenticated, "Send `Authorization: Bearer <token>`, or the subprotocol `bearer.<token>`.")
        case .badCredentials: Problem(.unauthenticated, "Send one bearer token, one way.")
        case .token(let error): Problem(.unauthenticated, error.detail)
        case .noCertificate: Problem(.unauthenticated, "Come with a client certificate.")
        case .certificateExpired: Problem(.unauthenticated, "The client certificate has expired.")
        case .certificateWithoutSubject:
            Problem(.unauthenticated, "The client certificate has no subject, which would say whose it is.")
        case .keysUnavailable:
            Problem(
                .keysUnavailable, "The keys that tokens are checked with were not fetched yet.", retryAfterSeconds: 1)
        case .keysBeingFetched:
            Problem(
                .keysUnavailable, "The token's key is not known yet: the keys are being fetched.", retryAfterSeconds: 1)
        case .tooManyPrincipals: Problem(.overloaded, "Too many clients are known.", retryAfterSeconds: 1)
        }
    }

    /// RFC 6750 §3; nil if it is not about the credentials.
    var challenge: String? {
        switch self {
        case .noCredentials: "Bearer realm=\"switchboard\""
        case .badCredentials: "Bearer realm=\"switchboard\", error=\"invalid_request\""
        case .token(let error):
            "Bearer realm=\"switchboard\", error=\"invalid_token\", error_description=\"\(error.detail)\""
        case .keysUnavailable, .keysBeingFetched, .tooManyPrincipals, .noCertificate, .certificateExpired,
            .certificateWithoutSubject:
            nil
        }
    }
}
