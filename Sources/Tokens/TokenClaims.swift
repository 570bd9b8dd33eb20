/// What a token says that was found to be in order.
public struct TokenClaims: Equatable, Sendable {
    public let subject: String
    public let issuer: String?
    /// In seconds since 1970.
    public let expirySeconds: Double
    /// What the claim of permitted event types says; nil without it.
    public let types: [String]?
}
