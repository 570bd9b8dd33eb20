import JSON
import TestSupport
import TestTokens
import Testing
import Tokens

@testable import PublicWeb

/// A session belongs to whom it was opened for.
@Suite struct SessionOwnerTests {
    @Test func nobodyElseCanResumeIt() throws {
        let access = try TestAccess()
        let ann = try SessionPeer(access.tiers, headers: access.bearer("ann"))
        #expect(ann.exchange(1) == ["1 PingResponse of 1"])
        for query in [
            "?correlationid=\(ann.name)", ann.query(after: 0), "?correlationid=\(ann.name)&resume=\(ann.token)",
        ] {
            let answer = try access.tiers.upgrade(query, headers: access.bearer("bob"))
            #expect(answer.status == 409 && answer.body.contains("session-held"), "\(answer)")
        }
        #expect(try access.get("/sessions/\(ann.name)/events", as: "bob").status == 409)
        // It has not lost its connection over it.
        ann.ping("2")
        #expect(ann.next() == "2 PingResponse of 2")
        ann.vanish()
        #expect(try Polling.until { try ann.state(access.tiers)["state"]?.string == "detached" })
        #expect(
            try access.tiers.upgrade("?correlationid=\(ann.name)", headers: access.bearer("bob")).status == 409)
        let again = try SessionPeer(access.tiers, ann.query(after: 1), headers: access.bearer("ann"))
        #expect(again.isResumed && again.isRecovered && again.next() == "2 PingResponse of 2")
    }

    @Test func nobodyElseCanPostToIt() throws {
        let access = try TestAccess()
        let ann = try SessionPeer(access.tiers, headers: access.bearer("ann"))
        let query = "?correlationid=\(ann.name)"
        for headers in ["", "Prefer: respond-async\r\n"] {
            let answer = try access.post(SessionPeer.ping("b"), as: "bob", query: query, headers: headers)
            #expect(answer.status == 409 && answer.body.contains("session-held"), "\(answer)")
        }
        let close = #"{"specversion":"1.0","id":"c","source":"/t","type":"switchboard.session.close"}"#
        #expect(try access.post(close, as: "bob", query: query).status == 409)
        #expect(try access.post(SessionPeer.ping("b"), as: "ann", query: query).status == 200)
        #expect(ann.exchange(1) == ["1 PingResponse of 1"])
        #expect(try access.post(close, as: "ann", query: query).status == 202)
    }

    @Test func nobodyElseLearnsWhatBecameOfItsEvents() throws {
        let access = try TestAccess()
        let ann = try SessionPeer(access.tiers, headers: access.bearer("ann"))
        #expect(ann.exchange(1) == ["1 PingResponse of 1"])
        #expect(try access.post(SessionPeer.ping("of none"), as: "ann").status == 200)
        let begun = try access.post(SessionPeer.ping("async"), as: "ann", headers: "Prefer: respond-async\r\n")
        let location = try #require(begun.header("location"))
        for path in ["/events/1?correlationid=\(ann.name)", "/events/of%20none", location, "/events/async"] {
            #expect(try access.get(path, as: "bob").status == 404, "\(path)")
            #expect(try access.get(path, as: "ann").status == 200, "\(path)")
        }
        // Nor does it hide them that somebody else uses their ids.
        #expect(try access.post(SessionPeer.ping("of none"), as: "bob").status == 200)
        for name in ["ann", "bob"] { #expect(try access.get("/events/of%20none", as: name).status == 200) }
        let name = try #require(location.split(separator: "=").last)
        #expect(try access.get("/sessions/\(name)/events", as: "bob").status == 409)
    }

    /// Two issuers may give the same name to two people.
    @Test func aSubjectIsOneOfItsIssuer() throws {
        let access = try TestAccess { $0.authentication?.rules.issuer = nil }
        let ann = try SessionPeer(access.tiers, headers: access.bearer("ann"))
        for issuer in ["https://other.test", nil] {
            let token = access.issuer.token(subject: "ann", issuer: issuer, audience: TestAccess.audience)
            let answer = try access.tiers.upgrade(
                "?correlationid=\(ann.name)", headers: "Authorization: Bearer \(token)\r\n")
            #expect(answer.status == 409, "\(answer)")
        }
    }

    @Test func aConnectionEndsWithItsToken() throws {
        let access = try TestAccess(leewaySeconds: 0)
        let ann = try SessionPeer(access.tiers, headers: access.bearer("ann", seconds: 1.5))
        let stream = try EventStreamPeer(
            access.tiers, "/sessions/stream/events", headers: access.bearer("ann", seconds: 1.5))
        #expect(ann.exchange(1) == ["1 PingResponse of 1"])
        #expect(ann.socket.next() == "close 4003 the token has expired")
        var last: [String]?
        while let block = stream.nextBlock() { last = block }
        #expect(last == [": 4003 the token has expired"])
        #expect(try access.tiers.metric("switchboard_auth_expired_total") == 2)
        let stale = access.bearer("ann", seconds: -1)
        #expect(try access.tiers.upgrade(ann.query(after: 0), headers: stale).status == 401)
        let again = try SessionPeer(access.tiers, ann.query(after: 0), headers: access.bearer("ann"))
        #expect(again.isResumed && again.isRecovered && again.next() == "1 PingResponse of 1")
    }
}
