import JSON
import TestSupport
import Testing

@testable import PublicWeb

/// Who may have a session, and what happens to the connection that had it.
@Suite struct TakeoverTests {
    @Test(arguments: [1, 4])
    func theNewerConnectionHasTheSession(_ loops: Int) throws {
        let tiers = try TestTiers(.silentListener) { $0.loops = loops }
        var (older, session) = try tiers.open("correlationid=taken")
        older.request("a")
        #expect(older.isQuiet())
        for number in 1...6 {
            let (newer, resumed) = try tiers.open(session.query(after: number - 1))
            #expect(resumed.isResumed && resumed.isRecovered && resumed.sequence == number - 1)
            #expect(older.next()?.hasPrefix("close 4001 ") == true)
            try tiers.push(number...number, to: session)
            #expect(newer.numbered(1) == ["\(number):p\(number)"])
            older.request("ignored")
            #expect(older.socket.readToEnd() && older.socket.received.isEmpty)
            older = newer
        }
        #expect(try tiers.metric("switchboard_sessions_taken_over_total") == 6)
        #expect(try tiers.shown(session)?["pending"]?.integer == 1)
        #expect(try tiers.metric("switchboard_sessions_attached") == 1)
        #expect(try tiers.answer("a", of: session) == nil)
        #expect(older.numbered(1) == ["7:answer-a"])
        older.control("close")
        #expect(older.next()?.hasPrefix("close 1000 ") == true)
        #expect(try tiers.isEmptied())
    }

    @Test(arguments: [1, 4])
    func withoutATokenOnlyASessionWithoutConnectionIsJoined(_ loops: Int) throws {
        let tiers = try TestTiers(.webOnly) { $0.loops = loops }
        let (peer, session) = try tiers.open("correlationid=held")
        for _ in 0..<8 {
            let response = try tiers.refusal("correlationid=held")
            #expect(response.status == 409 && response.body.contains("session-held"), "\(response)")
            #expect(response.header("content-type") == "application/problem+json")
        }
        #expect(peer.isQuiet())
        peer.socket.close()
        #expect(try tiers.awaitDetached(session))
        let (_, joined) = try tiers.open("correlationid=held")
        #expect(joined.isResumed && joined.isRecovered && joined.token == session.token)
    }

    @Test(arguments: [1, 4])
    func anotherSessionsTokenIsRefused(_ loops: Int) throws {
        let tiers = try TestTiers(.webOnly) { $0.loops = loops }
        let (peer, own) = try tiers.open("correlationid=own")
        for number in 0..<8 {
            let (other, foreign) = try tiers.open("correlationid=other-\(number)")
            let existing = try tiers.refusal("correlationid=own&resume=\(foreign.token)")
            #expect(existing.status == 403 && existing.body.contains("forbidden"), "\(existing)")
            let missing = try tiers.refusal("correlationid=nobody-\(number)&resume=\(foreign.token)")
            #expect(missing.status == 403, "\(missing)")
            #expect(other.isQuiet() && peer.isQuiet())
        }
        var forged = own.token
        let last = forged.removeLast()
        forged.append(last == "0" ? "1" : "0")
        #expect(try tiers.refusal("correlationid=own&resume=\(forged)").status == 403)
        let (_, new) = try tiers.open("resume=\(forged)")
        #expect(!new.isResumed && new.correlationID != own.correlationID)
        #expect(peer.isQuiet())
    }

    @Test(arguments: [
        "correlationid=", "correlationid=a%20b", "correlationid=a%2Fb", "correlationid=%C3%A9",
        "correlationid=" + String(repeating: "x", count: 129), "resume=", "resume=abc",
        "resume=" + String(repeating: "g", count: 64), "resume=" + String(repeating: "0", count: 65), "after=",
        "after=x", "after=-1", "after=1.0", "after=18446744073709551616", "after=000000000000000000001",
    ])
    func whatIsMalformedIsRefused(_ query: String) throws {
        let tiers = try TestTiers(.webOnly)
        let response = try tiers.refusal(query)
        #expect(response.status == 400 && response.body.contains("malformed-request"), "\(response)")
        #expect(try tiers.metric("switchboard_sessions_opened_total") == 0)
    }

    @Test(arguments: ["a", "-._~:", String(repeating: "x", count: 128), "0198D5B0-0000-7000-8000-00000000000A"])
    func namesAreTakenAsTheyAre(_ name: String) throws {
        let tiers = try TestTiers(.webOnly)
        let (_, session) = try tiers.open("correlationid=" + name)
        #expect(session.correlationID == name)
    }
}
