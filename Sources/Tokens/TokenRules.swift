import Core

/// What is asked of a token.
public struct TokenRules: Equatable, Sendable {
    private static let claimsDepthMax = 16
    private static let nameBytesMax = 512

    public var algorithms: Set<TokenAlgorithm>
    /// Nil: any.
    public var issuer: String?
    /// Nil: tokens that are for nobody in particular.
    public var audience: String?
    /// How far the issuer's clock may be off.
    public var leewaySeconds: Double
    /// The claim that lists the event types which may be sent: an array, or a text with blanks between them.
    public var typesClaim: String

    public init(
        algorithms: Set<TokenAlgorithm> = TokenAlgorithm.asymmetric, issuer: String? = nil, audience: String? = nil,
        leewaySeconds: Double = 30, typesClaim: String = "switchboard_types"
    ) {
        self.algorithms = algorithms
        self.issuer = issuer
        self.audience = audience
        self.leewaySeconds = leewaySeconds
        self.typesClaim = typesClaim
    }

    /// Checks a token: what it says counts only once its signature is right.
    public func check(
        _ text: UnsafeRawBufferPointer, keys: TokenKeys, wallNanoseconds: UInt64
    ) throws(TokenError) -> TokenClaims {
        let token = try CompactToken(text)
        guard algorithms.contains(token.algorithm) else { throw .unsupportedAlgorithm }
        let key = try keys.key(id: token.keyID, for: token.algorithm)
        guard token.signed.withUnsafeBytes({ key.verifies(token.signature, of: $0) }) else { throw .badSignature }
        let document = try TokenDocument(token.payload, depthMax: Self.claimsDepthMax)
        return try claims(document, now: Double(wallNanoseconds) / 1e9)
    }

    private func claims(_ document: TokenDocument, now: Double) throws(TokenError) -> TokenClaims {
        guard let expiry = try document.seconds("exp") else { throw .noExpiry }
        guard now < expiry + leewaySeconds else { throw .expired }
        if let start = try document.seconds("nbf"), now < start - leewaySeconds { throw .notYetValid }
        let issuer = try document.string("iss")
        if let wanted = self.issuer, !Self.same(issuer, wanted) { throw .wrongIssuer }
        if let issuer, !Self.isName(issuer) { throw .wrongIssuer }
        let audiences = try document.strings("aud") ?? []
        // One that is for somebody in particular is not for those who don't know who they are (RFC 7519 §4.1.3).
        guard audience.map({ wanted in audiences.contains { Self.same($0, wanted) } }) ?? audiences.isEmpty else {
            throw .wrongAudience
        }
        guard let subject = try document.string("sub"), Self.isName(subject) else { throw .badSubject }
        let types = try document.strings(typesClaim)?.flatMap { $0.split(separator: " ").map(String.init) }
        return TokenClaims(subject: subject, issuer: issuer, expirySeconds: expiry, types: types)
    }

    /// By their bytes: strings are equal to Swift that are only canonically equivalent.
    private static func same(_ text: String?, _ wanted: String) -> Bool {
        text?.utf8.elementsEqual(wanted.utf8) == true
    }

    /// Not empty, of bounded length, and without control characters, so that two names can be put together by one.
    private static func isName(_ text: String) -> Bool {
        (1...nameBytesMax).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
