import Configuration
import Reactor
import TestCertificates
import TestSupport
import TestTokens
import Testing
import Tokens

@testable import PublicWeb

/// Keys that come from the issuer's URL.
@Suite struct KeyFetchTests {
    private static func tiers(_ server: KeyServer, refresh: UInt64, pause: UInt64) throws -> TestTiers {
        try TestTiers(.webOnly) { configuration in
            configuration.authentication = ClientAuthentication(
                source: .url(server.url), rules: TokenRules(), refreshMilliseconds: refresh,
                refreshPauseMilliseconds: pause)
        }
    }

    private static func status(_ tiers: TestTiers, _ issuer: TokenIssuer) throws -> Int {
        let token = issuer.token(subject: "ann")
        return try tiers.upgrade(headers: "Authorization: Bearer \(token)\r\n").status
    }

    private static func fetches(_ tiers: TestTiers, _ outcome: String) throws -> Int {
        try tiers.metric("switchboard_auth_key_fetches_total{outcome=\"\(outcome)\"}")
    }

    @Test func aNewKeyIsFoundWhenATokenNamesIt() throws {
        let (old, new) = (TokenIssuer(.es256, keyID: "old"), TokenIssuer(.edDSA, keyID: "new"))
        let server = try KeyServer(TokenIssuer.keySet([old]))
        let tiers = try Self.tiers(server, refresh: 3_600_000, pause: 100)
        #expect(try Polling.until { try Self.status(tiers, old) == 101 })
        server.publish(TokenIssuer.keySet([old, new]))
        // Until it is there the client is told to try again, and not that its token is wrong.
        #expect(try Polling.until { try Self.status(tiers, new) == 503 })
        #expect(try Polling.until { try Self.status(tiers, new) == 101 })
        #expect(try Self.status(tiers, old) == 101)
        // The old one is withdrawn: found out by the next fetch, which another unknown key brings about.
        server.publish(TokenIssuer.keySet([new]))
        let unknown = TokenIssuer(.es256, keyID: "unknown")
        #expect(
            try Polling.until {
                _ = try Self.status(tiers, unknown)
                return try Self.status(tiers, old) == 401
            })
        #expect(try Self.status(tiers, new) == 101)
    }

    @Test func keysAreFetchedFromTimeToTime() throws {
        let (old, new) = (TokenIssuer(.rs256, keyID: "old"), TokenIssuer(.rs256, keyID: "new"))
        let server = try KeyServer(TokenIssuer.keySet([old]))
        let tiers = try Self.tiers(server, refresh: 100, pause: 100)
        #expect(try Polling.until { try Self.status(tiers, old) == 101 })
        server.publish(TokenIssuer.keySet([new]))
        #expect(try Polling.until { try Self.status(tiers, old) == 401 })
        #expect(try Self.status(tiers, new) == 101)
    }

    /// Over https, as beyond loopback it has to be: from a server that the given authority vouches for, and no other.
    @Test func keysAreFetchedOverTLS() throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("issuer")
        let tls = try TLSContext(certificateFile: files.certificate, keyFile: files.key)
        let issuer = TokenIssuer(.es256, keyID: "one")
        let server = try KeyServer(TokenIssuer.keySet([issuer]), tls: tls)
        #expect(server.url.hasPrefix("https://"))
        var configuration = PublicWebConfiguration()
        func tiers(_ authorities: [UInt8]?) throws -> TestTiers {
            try TestTiers(.webOnly) {
                var authentication = ClientAuthentication(
                    source: .url(server.url), rules: TokenRules(), refreshMilliseconds: 100,
                    refreshPauseMilliseconds: 100)
                authentication.authorities = authorities
                $0.authentication = authentication
                configuration = $0
            }
        }
        let trusting = try tiers(try FileReader.read(authority.certificate).get())
        #expect(try Polling.until { try Self.status(trusting, issuer) == 101 })
        let strangers = try CertificateAuthority()
        for authorities in [nil, try FileReader.read(strangers.certificate).get()] {
            let distrusting = try tiers(authorities)
            #expect(try Polling.until { try Self.fetches(distrusting, "failed") > 1 })
            #expect(try Self.status(distrusting, issuer) == 503 && Self.fetches(distrusting, "fetched") == 0)
            configuration.authentication?.authorities = try FileReader.read(authority.certificate).get()
            try distrusting.web.reload(configuration)
            #expect(try Polling.until { try Self.status(distrusting, issuer) == 101 })
        }
    }

    @Test func whileTheUrlFailsTheOldKeysStay() throws {
        let issuer = TokenIssuer(.es256, keyID: "one")
        let server = try KeyServer(TokenIssuer.keySet([issuer]))
        let tiers = try Self.tiers(server, refresh: 100, pause: 100)
        #expect(try Polling.until { try Self.status(tiers, issuer) == 101 })
        for (body, status) in [
            ("", 500), ("no JSON", 200), ("{\"keys\":[]}", 200), (String(repeating: " ", count: 300_000), 200),
        ] {
            server.publish(body, status: status)
            let failed = try Self.fetches(tiers, "failed")
            #expect(try Polling.until { try Self.fetches(tiers, "failed") > failed + 1 }, "\(status)")
            #expect(try Self.status(tiers, issuer) == 101)
        }
        #expect(try tiers.metric("switchboard_auth_keys") == 1)
    }

    @Test func withoutKeysNobodyIsLetInAndTheInstanceIsNotReady() throws {
        let issuer = TokenIssuer(.es256, keyID: "one")
        let server = try KeyServer("", status: 503)
        let tiers = try Self.tiers(server, refresh: 3_600_000, pause: 100)
        let answer = try tiers.upgrade(headers: "Authorization: Bearer \(issuer.token(subject: "ann"))\r\n")
        #expect(answer.status == 503 && answer.header("retry-after") == "1", "\(answer)")
        #expect(answer.body.contains("keys-unavailable") && answer.header("www-authenticate") == nil)
        #expect(tiers.web.readinessProblem?.kind == .keysUnavailable)
        server.publish(TokenIssuer.keySet([issuer]))
        #expect(try Polling.until { try Self.status(tiers, issuer) == 101 })
        #expect(tiers.web.readinessProblem?.kind != .keysUnavailable)
    }

    /// Anybody can send tokens that name unknown keys.
    @Test func unknownKeysDoNotMakeItAskAllTheTime() throws {
        let server = try KeyServer(TokenIssuer.keySet([TokenIssuer(.es256, keyID: "one")]))
        let tiers = try Self.tiers(server, refresh: 3_600_000, pause: 3_600_000)
        let stranger = TokenIssuer(.es256, keyID: "unknown")
        #expect(try Polling.until { try Self.fetches(tiers, "fetched") == 1 })
        for _ in 0..<50 { #expect(try Self.status(tiers, stranger) == 401) }
        #expect(server.requests == 1)
        #expect(try tiers.metric("switchboard_auth_refused_total{reason=\"unknown_key\"}") == 50)
    }

    /// A secret that everybody can fetch is none.
    @Test func secretsAreNotFetched() throws {
        let (secret, key) = (TokenIssuer(.hs256, keyID: "secret"), TokenIssuer(.es256, keyID: "key"))
        let server = try KeyServer(TokenIssuer.keySet([secret, key]))
        let tiers = try Self.tiers(server, refresh: 3_600_000, pause: 100)
        #expect(try Polling.until { try Self.status(tiers, key) == 101 })
        #expect(try Self.status(tiers, secret) == 401)
        #expect(try tiers.metric("switchboard_auth_keys") == 1)
    }
}
