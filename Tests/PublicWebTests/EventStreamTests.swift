import CloudEvents
import JSON
import PingListener
import TestSupport
import Testing

@testable import PublicWeb

/// `GET /sessions/{correlationid}/events`: a session's connection without a WebSocket.
@Suite struct EventStreamTests {
    private static let post = "POST /events HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\n"

    private static func ping(_ id: String, of name: String) -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"PingRequest","correlationid":"\#(name)"}"#
    }

    @Test(arguments: 0..<4) func theWebSocketIsLostAndTheSessionGoesOn(_ round: Int) throws {
        let tiers = try TestTiers()
        let before = try SessionPeer(tiers)
        #expect(before.exchange(2).count == 2)
        for id in 3...5 {
            before.ping("\(id)")
            #expect(try Polling.until { try tiers.metric("switchboard_answers_delivered_total") == id })
        }
        #expect(try Polling.until { try tiers.metric("switchboard_events_pending") == 0 })
        before.vanish()
        #expect(try Polling.until { try tiers.metric("switchboard_sessions_attached") == 0 })
        let stream = try EventStreamPeer(
            tiers, "/sessions/\(before.name)/events", headers: "Last-Event-ID: 0000000000000002\r\n")
        #expect(stream.head.contains("Content-Type: text/event-stream") && stream.head.contains("no-store"))
        let opened = try #require(stream.next())
        #expect(opened.id == nil && opened.event["type"]?.string == "switchboard.session.opened")
        #expect(opened.event["data"]?["recovered"] == .bool(true))
        for id in 3...5 {
            let next = try #require(stream.next())
            #expect(next.id == "000000000000000\(id)" && next.event["causationid"]?.string == "\(id)")
        }
        // An answer that is waited for comes in the response, one that is not on the stream.
        let direct = try tiers.ask(Self.post, body: Self.ping("direct", of: before.name))
        #expect(direct.status == 200 && direct.body.contains(#""causationid":"direct""#), "\(direct)")
        #expect(!direct.body.contains(#""sequence""#))
        let asynchronous = try tiers.ask(
            Self.post + "Prefer: respond-async\r\n", body: Self.ping("later", of: before.name))
        #expect(asynchronous.status == 202 && asynchronous.header("preference-applied") == "respond-async")
        let later = try #require(stream.next())
        #expect(later.id == "0000000000000006" && later.event["causationid"]?.string == "later")
    }

    @Test func linesOfAnEventAreLinesOfData() throws {
        let tiers = try TestTiers(answer: { event in
            let text = String(decoding: try PingListener.answer(to: event).bytes, as: UTF8.self)
            let broken = text.replacing(#","data":"#, with: ",\r\n\n \"data\":\n")
            return (try? Event(parsing: Array(broken.utf8))) ?? event
        })
        let stream = try EventStreamPeer(tiers, "/sessions/lines/events")
        _ = stream.next()
        _ = try tiers.ask(Self.post + "Prefer: respond-async\r\n", body: Self.ping("1", of: "lines"))
        let block = try #require(stream.nextBlock())
        #expect(block.first == "id: 0000000000000001" && block.count == 4)
        #expect(block.dropFirst().allSatisfy { $0.hasPrefix("data: ") })
    }

    @Test func itBeginsASessionAndResumesIt() throws {
        let tiers = try TestTiers()
        let first = try EventStreamPeer(tiers, "/sessions/new/events")
        let opened = try #require(first.next()?.event["data"])
        #expect(opened["resumed"] == .bool(false) && opened["correlationid"]?.string == "new")
        let held = try tiers.ask("GET /sessions/new/events HTTP/1.1\r\n")
        #expect(held.status == 409 && held.body.contains("session-held"))
        _ = try tiers.ask(Self.post + "Prefer: respond-async\r\n", body: Self.ping("1", of: "new"))
        #expect(first.next()?.id == "0000000000000001")
        let token = opened["resumetoken"]?.string ?? ""
        let second = try EventStreamPeer(tiers, "/sessions/new/events?resume=\(token)&after=0")
        #expect(second.next()?.event["data"]?["resumed"] == .bool(true))
        #expect(second.next()?.id == "0000000000000001")
        #expect(first.nextBlock() == [": 4001 the session was taken over by a newer connection"])
        #expect(first.socket.readToEnd())
        // And a WebSocket takes it over from the stream.
        let peer = try SessionPeer(tiers, "?resume=\(token)&after=1")
        #expect(peer.isRecovered && peer.name == "new" && second.nextBlock()?.first?.hasPrefix(": 4001") == true)
    }

    @Test func whatIsWrongIsRefused() throws {
        let tiers = try TestTiers(.webOnly)
        for (path, headers) in [
            ("/sessions/a%20b/events", ""), ("/sessions/a/events?after=x", ""), ("/sessions/a/events?resume=1", ""),
            ("/sessions/a/events", "Last-Event-ID: seven\r\n"), ("/sessions/%zz/events", ""),
        ] {
            let response = try tiers.ask("GET \(path) HTTP/1.1\r\n\(headers)")
            #expect([400, 404].contains(response.status), "\(path): \(response)")
        }
        let head = try tiers.ask("HEAD /sessions/a/events HTTP/1.1\r\n")
        #expect(head.status == 200 && head.header("content-type") == "text/event-stream")
        #expect(head.header("content-length") == nil)
        let post = try tiers.ask("POST /sessions/a/events HTTP/1.1\r\n")
        #expect(post.status == 405 && post.header("allow") == "GET, HEAD")
        #expect(try tiers.metric("switchboard_sessions_attached") == 0)
    }

    @Test func silenceIsFilledAndADrainSaysWhenToComeBack() throws {
        let tiers = try TestTiers(.webOnly) { $0.limits.pingIntervalMilliseconds = 40 }
        let stream = try EventStreamPeer(tiers, "/sessions/a/events")
        _ = stream.next()
        let comments = [stream.nextBlock(), stream.nextBlock()]
        #expect(comments == [[":"], [":"]])
        tiers.stop()
        var last = stream.nextBlock() ?? []
        while last == [":"] { last = stream.nextBlock() ?? [] }
        #expect(last.count == 2 && last[0].hasPrefix("retry: ") && last[1].hasPrefix(": 1001 reconnect in "))
    }

    @Test func aClientThatGoesLeavesItsSession() throws {
        let tiers = try TestTiers(.webOnly)
        let stream = try EventStreamPeer(tiers, "/sessions/a/events")
        _ = stream.next()
        #expect(try tiers.metric("switchboard_sessions_attached") == 1)
        stream.socket.close()
        #expect(try Polling.until { try tiers.metric("switchboard_sessions_detached") == 1 })
        #expect(try tiers.metric("switchboard_sessions_attached") == 0)
    }
}
