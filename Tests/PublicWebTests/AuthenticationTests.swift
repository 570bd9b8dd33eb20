import TestSupport
import TestTokens
import Testing

@testable import PublicWeb

/// Who is let in.
@Suite struct AuthenticationTests {
    @Test func nobodyComesInWithoutAToken() throws {
        let access = try TestAccess()
        let tiers = access.tiers
        let answers = [
            try tiers.upgrade(), try tiers.ask("GET /ws HTTP/1.1\r\n"),
            try tiers.ask("POST /events HTTP/1.1\r\n", body: SessionPeer.ping("1")),
            try tiers.ask("POST /ping HTTP/1.1\r\n"), try tiers.ask("GET /events/1 HTTP/1.1\r\n"),
            try tiers.ask("GET /sessions/a/events HTTP/1.1\r\n"), try tiers.ask("HEAD /sessions/a/events HTTP/1.1\r\n"),
        ]
        for answer in answers {
            #expect(answer.status == 401, "\(answer)")
            #expect(answer.header("content-type") == "application/problem+json")
            #expect(answer.header("www-authenticate") == "Bearer realm=\"switchboard\"")
        }
        #expect(answers[0].body.contains("urn:switchboard:problem:unauthenticated"))
        #expect(try access.refused("no_credentials") == answers.count)
        // Those who watch the process ask without.
        #expect(try tiers.ask("GET /livez HTTP/1.1\r\n").status == 200)
        #expect(try tiers.ask("GET /readyz HTTP/1.1\r\n").status == 200)
    }

    @Test func aTokenLetsIn() throws {
        let access = try TestAccess()
        let peer = try SessionPeer(access.tiers, headers: access.bearer("ann"))
        #expect(peer.exchange(2) == ["1 PingResponse of 1", "2 PingResponse of 2"])
        #expect(try access.post(SessionPeer.ping("a"), as: "ann").status == 200)
        let ping = try access.tiers.ask("POST /ping HTTP/1.1\r\n" + access.bearer("ann"))
        #expect(ping.status == 200 && ping.body.contains("PingResponse"))
        // The scheme's name has no case (RFC 9110 §11.1).
        let lower = "authorization: bearer   \(access.token("ann"))\r\n"
        #expect(try access.tiers.upgrade(headers: lower).status == 101)
    }

    /// Browsers can't set `Authorization` on a WebSocket.
    @Test func aTokenAmongTheSubprotocolsLetsInAndIsNotEchoed() throws {
        let access = try TestAccess()
        let token = access.token("ann")
        for offer in ["cloudevents.json, bearer.\(token)", "bearer.\(token),cloudevents.json"] {
            let answer = try access.tiers.upgrade(headers: "Sec-WebSocket-Protocol: \(offer)\r\n")
            #expect(answer.status == 101 && answer.header("sec-websocket-protocol") == "cloudevents.json")
        }
        let lines = "Sec-WebSocket-Protocol: cloudevents.json\r\nSec-WebSocket-Protocol: bearer.\(token)\r\n"
        #expect(try access.tiers.upgrade(headers: lines).header("sec-websocket-protocol") == "cloudevents.json")
        let alone = try access.tiers.upgrade(headers: "Sec-WebSocket-Protocol: bearer.\(token)\r\n")
        #expect(alone.status == 101 && alone.header("sec-websocket-protocol") == nil)
    }

    @Test func aWrongTokenIsRefusedWithItsReason() throws {
        let access = try TestAccess()
        let stranger = TokenIssuer(.es256).token(
            subject: "ann", issuer: TestAccess.issuerName, audience: TestAccess.audience)
        let tokens = [
            ("expired", access.token("ann", seconds: -40)), ("bad_signature", stranger), ("malformed", "no.token"),
            ("wrong_audience", access.issuer.token(subject: "ann", issuer: TestAccess.issuerName)),
            ("wrong_issuer", access.issuer.token(subject: "ann", audience: TestAccess.audience)),
            ("not_yet_valid", access.token("ann", extra: ",\"nbf\":99999999999")),
            ("unsigned", "eyJhbGciOiJub25lIn0.e30."),
            ("unsupported_algorithm", TokenIssuer(.hs256).token("{\"sub\":\"ann\"}")),
            ("too_long", access.token(String(repeating: "a", count: 8192))),
        ]
        for (reason, token) in tokens {
            let answer = try access.tiers.upgrade(headers: "Authorization: Bearer \(token)\r\n")
            #expect(answer.status == 401, "\(reason): \(answer)")
            let challenge = try #require(answer.header("www-authenticate"))
            #expect(challenge.hasPrefix("Bearer realm=\"switchboard\", error=\"invalid_token\", error_description=\""))
            #expect(!"\(answer)".contains(token.prefix(24)))
            #expect(try access.refused(reason) == 1, "\(reason)")
        }
    }

    @Test func credentialsAreGivenOnce() throws {
        let access = try TestAccess()
        let bearer = access.bearer("ann")
        let offer = "Sec-WebSocket-Protocol: cloudevents.json, bearer.\(access.token("ann"))\r\n"
        let wrong = [
            bearer + bearer, bearer + offer, "Authorization: Basic YW5uOmFubg==\r\n", "Authorization: Bearer\r\n",
            "Authorization: Bearer a b\r\n", "Authorization: \r\n",
        ]
        for headers in wrong {
            let answer = try access.tiers.upgrade(headers: headers)
            #expect(answer.status == 401, "\(answer)")
            #expect(answer.header("www-authenticate")?.contains("invalid_request") == true)
        }
        #expect(try access.refused("bad_credentials") == wrong.count)
    }

    @Test func openModeIsForLoopbackUnlessItIsWanted() throws {
        #expect(throws: PublicWebError.self) { try TestTiers(.webOnly) { $0.host = "0.0.0.0" } }
        let open = try TestTiers(.webOnly) {
            $0.host = "0.0.0.0"
            $0.isOpenToAll = true
        }
        #expect(try open.upgrade().status == 101)
        let access = try TestAccess(.webOnly) { $0.host = "0.0.0.0" }
        #expect(try access.tiers.upgrade().status == 401)
        #expect(try access.tiers.upgrade(headers: access.bearer("ann")).status == 101)
    }

    /// What a reload does not take over it refuses, instead of going on with what nobody configured any more.
    @Test func rulesAndLimitsChangeWithARestartOnly() throws {
        var configuration = PublicWebConfiguration()
        let access = try TestAccess(.webOnly) { configuration = $0 }
        try access.tiers.web.reload(configuration)
        let changes: [(inout PublicWebConfiguration) -> Void] = [
            { $0.authentication?.rules.audience = "others" }, { $0.authentication?.rules.issuer = "another" },
            { $0.authentication?.rules.leewaySeconds += 1 }, { $0.authentication?.takesCertificates.toggle() },
            { $0.limits.principals.eventsPerSecond += 1 }, { $0.authentication = nil },
        ]
        for change in changes {
            var changed = configuration
            change(&changed)
            #expect(throws: PublicWebError.self) { try access.tiers.web.reload(changed) }
        }
    }
}
