import Crypto
import TestSupport
import TestTokens
import Tokens

@testable import PublicWeb

/// Tiers whose clients need a token, and an issuer whose tokens they take.
struct TestAccess {
    static let issuerName = "https://issuer.test"
    static let audience = "switchboard"

    let issuer: TokenIssuer
    let tiers: TestTiers

    static var rules: TokenRules { rules(leewaySeconds: 30) }

    static func rules(leewaySeconds: Double) -> TokenRules {
        TokenRules(issuer: issuerName, audience: audience, leewaySeconds: leewaySeconds)
    }

    init(
        _ extent: TestTiers.Extent = .all, leewaySeconds: Double = 30,
        configure: (inout PublicWebConfiguration) -> Void = { _ in }
    ) throws {
        let issuer = TokenIssuer(.es256)
        self.issuer = issuer
        let key = TokenKey(try SignatureKey(publicKeyPEM: Array(issuer.publicKeyPEM.utf8)))
        tiers = try TestTiers(extent) { configuration in
            configuration.authentication = ClientAuthentication(
                source: .keys(TokenKeys([key])),
                rules: Self.rules(leewaySeconds: leewaySeconds))
            configure(&configuration)
        }
    }

    func token(_ subject: String, seconds: Double = 600, extra: String = "") -> String {
        issuer.token(
            subject: subject, seconds: seconds, issuer: Self.issuerName, audience: Self.audience, extra: extra)
    }

    /// The header line of a fresh token.
    func bearer(_ subject: String, seconds: Double = 600, extra: String = "") -> String {
        "Authorization: Bearer \(token(subject, seconds: seconds, extra: extra))\r\n"
    }

    func post(_ event: String, as subject: String, query: String = "", headers: String = "") throws -> RawResponse {
        try tiers.ask(
            "POST /events\(query) HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\n"
                + bearer(subject) + headers, body: event)
    }

    func get(_ path: String, as subject: String) throws -> RawResponse {
        try tiers.ask("GET \(path) HTTP/1.1\r\n" + bearer(subject))
    }

    func refused(_ reason: String) throws -> Int {
        try tiers.metric("switchboard_auth_refused_total{reason=\"\(reason)\"}")
    }
}
