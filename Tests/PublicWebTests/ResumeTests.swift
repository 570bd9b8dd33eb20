import Core
import JSON
import Sessions
import TestSupport
import Testing

@testable import PublicWeb

/// Sessions that outlive their sockets. The tiers have two loops, so that half of the connections arrive at the loop that
/// does not have the session, and move.
@Suite struct ResumeTests {
    private static func answers(_ range: ClosedRange<Int>) -> [String] { range.map { "\($0) PingResponse of \($0)" } }

    private static func isDetached(_ tiers: TestTiers) throws -> Bool {
        try Polling.until { try tiers.metric("switchboard_sessions_attached") == 0 }
    }

    @Test(arguments: 0..<6) func everythingMissedComesInOrderAndThenWhatIsNew(_ round: Int) throws {
        let tiers = try TestTiers()
        let before = try SessionPeer(tiers)
        #expect(!before.isResumed && !before.isRecovered && before.opened["sequence"]?.string == "0000000000000000")
        #expect(before.exchange(10) == Self.answers(1...10))
        before.vanish()
        #expect(try Self.isDetached(tiers))
        let after = try SessionPeer(tiers, before.query(after: 4))
        #expect(after.isResumed && after.isRecovered && after.first == nil && after.name == before.name)
        #expect(after.token == before.token && after.opened["sequence"]?.string == "0000000000000010")
        after.ping("11")
        #expect(after.next(7) == Self.answers(5...11))
    }

    @Test func answersThatComeWhileNobodyIsThereAreKept() throws {
        let tiers = try TestTiers()
        let before = try SessionPeer(tiers)
        for id in 1...50 { before.ping("\(id)") }
        before.vanish()
        #expect(try Polling.until { try tiers.metric("switchboard_events_pending") == 0 })
        let count = try tiers.metric("switchboard_events_accepted_total")
        let after = try SessionPeer(tiers, before.query(after: 0))
        #expect(after.isResumed && after.isRecovered)
        // What had not arrived when the socket was lost is sent again, as are the others: each is answered once.
        for id in 1...50 { after.ping("\(id)") }
        #expect(Set(after.next(50).map { $0.drop { $0 != " " } }).count == 50)
        after.ping("last")
        #expect(after.next()?.hasSuffix("of last") == true && after.last == 51)
        let total = try tiers.metric("switchboard_events_accepted_total")
        #expect(count <= 50 && total == 51)
    }

    @Test func whatIsLostIsSaid() throws {
        let tiers = try TestTiers { $0.limits.sessions.replayEventsMax = 3 }
        let before = try SessionPeer(tiers)
        #expect(before.exchange(8) == Self.answers(1...8))
        before.vanish()
        #expect(try Self.isDetached(tiers))
        let after = try SessionPeer(tiers, before.query(after: 2))
        #expect(after.isResumed && !after.isRecovered && after.first == "0000000000000006")
        #expect(after.next(3) == Self.answers(6...8))
        #expect(try tiers.metric("switchboard_replay_dropped_total") == 5)
        #expect(try tiers.metric("switchboard_sessions_resumed_total{recovered=\"false\"}") == 1)
    }

    @Test func whatWasAcknowledgedIsGone() throws {
        let tiers = try TestTiers()
        let before = try SessionPeer(tiers)
        #expect(before.exchange(6) == Self.answers(1...6))
        before.acknowledge("\"0000000000000004\"")
        #expect(try Polling.until { try before.state(tiers)["acknowledged"]?.integer == 4 })
        before.vanish()
        #expect(try Self.isDetached(tiers))
        let without = try SessionPeer(tiers, before.query(after: nil))
        #expect(without.isRecovered && without.next(2) == Self.answers(5...6))
        let older = try SessionPeer(tiers, before.query(after: 2))
        #expect(!older.isRecovered && older.first == "0000000000000005" && older.next(2) == Self.answers(5...6))
        // More than was ever sent: it speaks of something else.
        let beyond = try SessionPeer(tiers, before.query(after: 99))
        #expect(!beyond.isRecovered && beyond.isResumed && beyond.next(2) == Self.answers(5...6))
        beyond.acknowledge("6")
        #expect(try Polling.until { try beyond.state(tiers)["replayevents"]?.integer == 0 })
        let all = try SessionPeer(tiers, before.query(after: 6))
        #expect(all.isRecovered && all.first == nil)
    }

    @Test func acknowledgementsAreChecked() throws {
        let tiers = try TestTiers()
        let peer = try SessionPeer(tiers)
        for wrong in ["7", "\"x\"", "-1", "null", "[]", "\"99999999999999999999999999\""] {
            peer.acknowledge(wrong)
            #expect(peer.next()?.contains("switchboard.error of k") == true, "\(wrong)")
        }
    }

    @Test(arguments: 0..<4) func aTokenTakesOver(_ round: Int) throws {
        let tiers = try TestTiers()
        let older = try SessionPeer(tiers)
        older.ping("1")
        #expect(older.next() == "1 PingResponse of 1")
        let newer = try SessionPeer(tiers, older.query(after: 1))
        #expect(newer.isResumed && newer.isRecovered)
        #expect(older.socket.next()?.hasPrefix("close 4001 ") == true)
        newer.ping("2")
        #expect(newer.next() == "2 PingResponse of 2")
        #expect(older.socket.next(milliseconds: 50) == nil)
        #expect(try tiers.metric("switchboard_sessions_taken_over_total") == 1)
        #expect(try Polling.until { try tiers.metric("switchboard_sessions_attached") == 1 })
    }

    @Test func aNameAloneJoinsOnlyWhatNobodyHas() throws {
        let tiers = try TestTiers()
        let first = try SessionPeer(tiers, "?correlationid=mine")
        #expect(first.name == "mine" && !first.isResumed)
        first.ping("1")
        #expect(first.next() != nil)
        let held = try tiers.upgrade("?correlationid=mine")
        #expect(held.status == 409 && held.body.contains("session-held"), "\(held)")
        first.vanish()
        #expect(try Self.isDetached(tiers))
        let second = try SessionPeer(tiers, "?correlationid=mine&after=0")
        #expect(second.isResumed && second.isRecovered && second.next() == "1 PingResponse of 1")
    }

    /// The token of an instance that is gone, and of a session of this one that has ended.
    @Test(arguments: [true, false]) func whoNeverHeardOfItsNewSessionGetsAnother(_ isOfAnotherInstance: Bool) throws {
        let tiers = try TestTiers()
        var token = String(repeating: "5", count: SessionToken.textBytes)
        if !isOfAnotherInstance {
            let former = try SessionPeer(tiers, "?correlationid=mine")
            token = former.token
            former.socket.send(#"{"specversion":"1.0","id":"c","source":"/t","type":"switchboard.session.close"}"#)
            #expect(try Self.isDetached(tiers))
        }
        let query = "?correlationid=mine&resume=\(token)&after=7"
        let unheard = try SessionPeer(tiers, query)
        #expect(unheard.name == "mine" && !unheard.isResumed)
        #expect(unheard.exchange(3) == Self.answers(1...3))
        // Its connection may be one that the client has lost, and is not ended for somebody without the token.
        let held = try tiers.upgrade(query)
        #expect(
            held.status == 409 && held.body.contains("session-held") && held.header("retry-after") == "1", "\(held)")
        unheard.vanish()
        #expect(try Self.isDetached(tiers))
        let heard = try SessionPeer(tiers, query)
        #expect(heard.name == "mine" && !heard.isResumed && !heard.isRecovered && heard.token != unheard.token)
        #expect(heard.opened["sequence"]?.string == "0000000000000000")
        #expect(heard.exchange(2) == Self.answers(1...2))
        #expect(try tiers.metric("switchboard_sessions_detached") == 0)
        // Now the token of the one that was displaced is of a session that is gone.
        let late = try tiers.upgrade("?correlationid=mine&resume=\(unheard.token)")
        #expect(late.status == 409)
    }

    @Test func whatIsWrongIsRefused() throws {
        let tiers = try TestTiers()
        let one = try SessionPeer(tiers)
        let other = try SessionPeer(tiers)
        let foreign = try tiers.upgrade("?correlationid=\(one.name)&resume=\(other.token)")
        #expect(foreign.status == 403 && foreign.body.contains("forbidden"), "\(foreign)")
        for query in [
            "?resume=abc", "?after=x", "?correlationid=%zz", "?resume=%ff", "?after=%2", "?after=-1", "?correlationid=",
            "?correlationid=a%20b", "?resume=",
            "?correlationid=" + String(repeating: "a", count: 129),
        ] {
            let response = try tiers.upgrade(query)
            #expect(response.status == 400 && response.body.contains("malformed-request"), "\(query): \(response)")
        }
        one.ping("still here")
        #expect(one.next() != nil)
    }

    @Test func aSessionEndsWhenNobodyComesBack() throws {
        let tiers = try TestTiers(.silentListener) { $0.limits.sessions.lingerMilliseconds = 100 }
        let before = try SessionPeer(tiers)
        before.ping("1")
        #expect(try Polling.until { try tiers.metric("switchboard_events_pending") == 1 })
        let address = try before.returnAddress(tiers)
        before.vanish()
        #expect(try Polling.until { try tiers.metric("switchboard_sessions_expired_total") == 1 })
        #expect(try tiers.metric("switchboard_sessions_detached") == 0)
        #expect(try tiers.metric("switchboard_events_pending") == 0)
        let late = try tiers.dispatch(
            #"{"specversion":"1.0","id":"x","source":"/s","type":"PingResponse","causationid":"1","correlationid":"\#(before.name)","returnaddress":"\#(address)"}"#
        )
        #expect(late.status == 200 && late.body.contains("session-gone"), "\(late)")
        let after = try SessionPeer(tiers, before.query(after: 0))
        #expect(!after.isResumed && !after.isRecovered && after.token != before.token)
    }

    @Test func aClosedSessionIsGoneAtOnce() throws {
        let tiers = try TestTiers()
        let peer = try SessionPeer(tiers)
        peer.ping("1")
        #expect(peer.next() != nil)
        peer.socket.send(#"{"specversion":"1.0","id":"c","source":"/t","type":"switchboard.session.close"}"#)
        #expect(peer.socket.next()?.hasPrefix("close 1000") == true)
        #expect(try tiers.metric("switchboard_sessions_detached") == 0)
        #expect(try tiers.metric("switchboard_replay_bytes") == 0)
        let next = try SessionPeer(tiers, peer.query(after: 1))
        #expect(!next.isResumed)
    }

    @Test func aRepeatedIDIsAnsweredOnce() throws {
        let tiers = try TestTiers()
        let peer = try SessionPeer(tiers)
        peer.ping("a")
        #expect(peer.next() == "1 PingResponse of a")
        // Who asks again is answered again, with the same event.
        peer.ping("a")
        #expect(peer.next() == "1 PingResponse of a")
        peer.ping("a", data: "2")
        #expect(peer.next() == "2 switchboard.error of a")
        peer.vanish()
        #expect(try Self.isDetached(tiers))
        // A connection that says it had the answer, and asks all the same, gets it again.
        let later = try SessionPeer(tiers, peer.query(after: 1))
        #expect(later.next() == "2 switchboard.error of a")
        let forgetful = try SessionPeer(tiers, "?resume=\(peer.token)")
        #expect(forgetful.next() == "2 switchboard.error of a")
        forgetful.acknowledge("2")
        // What was acknowledged is forgotten, so its id is new.
        forgetful.ping("a", data: "2")
        #expect(forgetful.next() == "3 PingResponse of a")
    }
}
