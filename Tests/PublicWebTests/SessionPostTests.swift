import JSON
import TestSupport
import Testing

@testable import PublicWeb

/// Events of a session over plain HTTP, and what became of them.
@Suite struct SessionPostTests {
    private static let post = "POST /events HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\n"
    private static let batch = "POST /events HTTP/1.1\r\nContent-Type: application/cloudevents-batch+json\r\n"
    private static let isAsync = "Prefer: respond-async\r\n"

    private static func event(
        _ id: String, of name: String? = nil, type: String = "PingRequest", data: String = "1"
    ) -> String {
        let session = name.map { #","correlationid":"\#($0)""# } ?? ""
        return #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"\#(type)","data":\#(data)\#(session)}"#
    }

    private static func json(_ response: RawResponse) throws -> JSONValue {
        try JSONValue.parse(Array(response.body.utf8))
    }

    private static func stages(_ value: JSONValue) -> [String] {
        guard case .array(let stages) = value["timeline"] else { return [] }
        return stages.compactMap { $0["stage"]?.string }
    }

    @Test func withoutASessionOneIsBegun() throws {
        let tiers = try TestTiers()
        let accepted = try tiers.ask(Self.post + Self.isAsync, body: Self.event("a b"))
        #expect(accepted.status == 202, "\(accepted)")
        let body = try Self.json(accepted)
        let name = try #require(body["correlationid"]?.string)
        let location = try #require(accepted.header("location"))
        #expect(location == "/events/a%20b?correlationid=\(name)" && body["location"]?.string == location)
        var found = JSONValue.null
        #expect(
            try Polling.until {
                found = try Self.json(try tiers.ask("GET \(location) HTTP/1.1\r\n"))
                return found["state"]?.string == "answered"
            })
        #expect(found["answer"]?["causationid"]?.string == "a b" && found["correlationid"]?.string == name)
        #expect(Self.stages(found) == ["accepted", "forwarded", "confirmed", "consumed", "answered", "dispatched"])
        #expect(try Self.json(try tiers.ask("GET /events/a%20b HTTP/1.1\r\n"))["state"]?.string == "answered")
        let peer = try SessionPeer(tiers, "?correlationid=\(name)&after=0")
        #expect(peer.isRecovered && peer.next() == "1 PingResponse of a b")
        peer.acknowledge("1")
        #expect(
            try Polling.until {
                found = try Self.json(try tiers.ask("GET \(location) HTTP/1.1\r\n"))
                return Self.stages(found).last == "acknowledged"
            })
        #expect(Self.stages(found).suffix(3) == ["dispatched", "pushed", "acknowledged"] && found["answer"] == nil)
        let unknown = try tiers.ask("GET /events/nothing HTTP/1.1\r\n")
        #expect(unknown.status == 404 && unknown.body.contains("not-found"))
    }

    @Test func failuresAreToldToo() throws {
        let tiers = try TestTiers()
        let accepted = try tiers.ask(Self.post + Self.isAsync, body: Self.event("1", of: "mine", type: "Nonsense"))
        #expect(accepted.status == 202)
        var found = JSONValue.null
        #expect(
            try Polling.until {
                found = try Self.json(try tiers.ask("GET /events/1?correlationid=mine HTTP/1.1\r\n"))
                return found["state"]?.string == "failed"
            })
        #expect(found["problem"]?.string == "unroutable-type" && Self.stages(found).last == "failed")
        #expect(found["answer"]?["type"]?.string == "switchboard.error")
    }

    @Test func aBatchOfASessionIsAnsweredInItsOrder() throws {
        let tiers = try TestTiers()
        let peer = try SessionPeer(tiers)
        let events = (1...5).map { Self.event("\($0)", of: peer.name) }.joined(separator: ",")
        let response = try tiers.ask(Self.batch, body: "[\(events)]")
        guard case .array(let answers) = try Self.json(response) else { return #expect(Bool(false), "\(response)") }
        #expect(answers.map { $0["causationid"]?.string } == (1...5).map { "\($0)" })
        let mixed = "[\(Self.event("x", of: peer.name)),\(Self.event("y", of: "other"))]"
        guard case .array(let both) = try Self.json(try tiers.ask(Self.batch, body: mixed)) else {
            return #expect(Bool(false))
        }
        #expect(both.map { $0["correlationid"]?.string } == [peer.name, "other"])
        let later = try tiers.ask(
            Self.batch + Self.isAsync, body: "[\(Self.event("p")),\(Self.event("q"))]")
        guard case .array(let promised) = try Self.json(later) else { return #expect(Bool(false), "\(later)") }
        #expect(later.status == 202 && promised.compactMap { $0["location"]?.string }.count == 2)
        // Nothing of it was the stream's.
        peer.ping("own")
        #expect(peer.next() == "1 PingResponse of own")
    }

    @Test(arguments: 0..<4) func aClientThatGoesAwayFindsItsAnswerOnTheSession(_ round: Int) throws {
        let tiers = try TestTiers(.silentListener)
        let peer = try SessionPeer(tiers)
        let socket = try RawSocket(port: tiers.publicPort)
        let body = Self.event("slow", of: peer.name)
        socket.send(Self.post + "Host: t\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
        #expect(try Polling.until { try tiers.metric("switchboard_events_pending") == 1 })
        let again = try RawSocket(port: tiers.publicPort)
        again.send(Self.post + "Host: t\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
        // The later of two that ask the same gets the answer.
        #expect(RawResponse.read(socket)?.status == 409)
        again.resetOnClose()
        again.close()
        let answer =
            #"{"specversion":"1.0","id":"x","source":"/s","type":"PingResponse","causationid":"slow","correlationid":"\#(peer.name)","returnaddress":"\#(try peer.returnAddress(tiers))"}"#
        // Until the gateway knows that the client is gone, the answer would go to it.
        #expect(try Polling.until { try tiers.metric("switchboard_connections") <= 3 })
        #expect(try tiers.dispatch(answer).body == "[]")
        #expect(peer.next() == "1 PingResponse of slow")
        let known = try tiers.ask(Self.post, body: body)
        #expect(known.status == 200 && known.body.contains(#""sequence":"0000000000000001""#), "\(known)")
        let different = try tiers.ask(Self.post, body: Self.event("slow", of: peer.name, data: "2"))
        #expect(different.status == 409 && different.body.contains("duplicate-id"))
    }

    /// An ordinary close is all that the gateway sees of a client that gives up: it may wait for the answer, or not.
    @Test(arguments: [false, true]) func aClientThatClosesItsSideFindsItsAnswerOnTheSession(_ isError: Bool) throws {
        let tiers = try TestTiers(.silentListener) { if isError { $0.limits.requestDeadlineMilliseconds = 300 } }
        let peer = try SessionPeer(tiers)
        let socket = try RawSocket(port: tiers.publicPort)
        let body = Self.event("slow", of: peer.name)
        socket.send(Self.post + "Host: t\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
        #expect(try Polling.until { try tiers.metric("switchboard_events_pending") == 1 })
        socket.endOutput()
        // A request behind it shows that the gateway has seen the end.
        _ = try tiers.ask("GET /livez HTTP/1.1\r\n")
        if !isError {
            let answer =
                #"{"specversion":"1.0","id":"x","source":"/s","type":"PingResponse","causationid":"slow","correlationid":"\#(peer.name)","returnaddress":"\#(try peer.returnAddress(tiers))"}"#
            #expect(try tiers.dispatch(answer).body == "[]")
        }
        #expect(peer.next() == (isError ? "1 switchboard.error of slow" : "1 PingResponse of slow"))
        #expect(RawResponse.read(socket)?.status == (isError ? 504 : 200))
    }

    /// The same event twice has its answer in both places; another one under the same id has none.
    @Test func anIDThatStandsTwiceInABatchHasTwoPlaces() throws {
        let tiers = try TestTiers()
        let events = [Self.event("a"), Self.event("b"), Self.event("a"), Self.event("a", data: "2")]
        let response = try tiers.ask(Self.batch, body: "[\(events.joined(separator: ","))]")
        guard case .array(let answers) = try Self.json(response) else { return #expect(Bool(false), "\(response)") }
        #expect(answers.map { $0["causationid"]?.string } == ["a", "b", "a", "a"])
        #expect(answers[0]["id"]?.string == answers[2]["id"]?.string && answers[3]["data"]?["status"]?.integer == 409)
        #expect(try tiers.metric("switchboard_events_accepted_total") == 2)
        // Also if the event is refused before the second one is looked at.
        let late = Self.event("c").replacing(#","data""#, with: #","expirytime":"nonsense","data""#)
        let refused = try tiers.ask(Self.batch, body: "[\(late),\(late)]")
        guard case .array(let both) = try Self.json(refused) else { return #expect(Bool(false), "\(refused)") }
        #expect(both.map { $0["data"]?["status"]?.integer } == [400, 400])
    }

    /// After a passing failure another try is one, over HTTP without waiting, too; what has its answer has it at once.
    @Test func anotherTryIsOne() throws {
        let tiers = try TestTiers(.withoutListener)
        let body = Self.event("1", of: "mine")
        #expect(try tiers.ask(Self.post + Self.isAsync, body: body).status == 202)
        #expect(
            try Polling.until {
                try Self.json(try tiers.ask("GET /events/1?correlationid=mine HTTP/1.1\r\n"))["state"]?.string
                    == "failed"
            })
        #expect(try tiers.ask(Self.post + Self.isAsync, body: body).status == 202)
        #expect(try tiers.metric("switchboard_events_accepted_total") == 2)
        let fine = try TestTiers()
        let first = try fine.ask(Self.post + Self.isAsync, body: body)
        #expect(first.status == 202)
        var again = first
        #expect(
            try Polling.until {
                again = try fine.ask(Self.post + Self.isAsync, body: body)
                return again.status == 200
            })
        #expect(again.body.contains(#""causationid":"1""#), "\(again)")
        #expect(try fine.metric("switchboard_events_accepted_total") == 1)
    }

    @Test func aSessionBegunForNothingEnds() throws {
        let tiers = try TestTiers()
        let body = Self.event("1").replacing(#","data""#, with: #","expirytime":"nonsense","data""#)
        #expect(try tiers.ask(Self.post + Self.isAsync, body: body).status == 400)
        #expect(try tiers.metric("switchboard_sessions_detached") == 0)
        #expect(try tiers.metric(#"switchboard_problems_total{kind="malformed-event"}"#) == 1)
    }

    /// Who does not know a session's name learns neither it nor what it was answered.
    @Test func aSessionsEventsAreNobodyElsesBusiness() throws {
        let tiers = try TestTiers()
        let peer = try SessionPeer(tiers)
        peer.ping("order-1")
        #expect(peer.next() != nil)
        #expect(try tiers.ask("GET /events/order-1 HTTP/1.1\r\n").status == 404)
        let found = try tiers.ask("GET /events/order-1?correlationid=\(peer.name) HTTP/1.1\r\n")
        #expect(found.status == 200 && found.body.contains(peer.name))
    }

    @Test func aRepeatedPostIsAnsweredAgain() throws {
        let tiers = try TestTiers()
        let peer = try SessionPeer(tiers)
        let first = try tiers.ask(Self.post, body: Self.event("1", of: peer.name))
        let second = try tiers.ask(Self.post, body: Self.event("1", of: peer.name))
        #expect(first.status == 200 && first.body == second.body)
        #expect(try tiers.metric("switchboard_events_accepted_total") == 1)
    }

    @Test func aSessionIsToldAndEndedByPost() throws {
        let tiers = try TestTiers()
        let peer = try SessionPeer(tiers)
        peer.ping("1")
        #expect(peer.next() != nil)
        let acknowledgement =
            #"{"specversion":"1.0","id":"k","source":"/t","type":"switchboard.session.ack","data":{"sequence":"1"}}"#
        let target =
            "POST /events?correlationid=\(peer.name) HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\n"
        #expect(try tiers.ask(target, body: acknowledgement).status == 202)
        #expect(try peer.state(tiers)["acknowledged"]?.integer == 1)
        #expect(try tiers.ask(target, body: acknowledgement.replacing("\"1\"", with: "\"9\"")).status == 400)
        #expect(try tiers.ask(Self.post, body: acknowledgement).status == 422)
        let close = #"{"specversion":"1.0","id":"c","source":"/t","type":"switchboard.session.close"}"#
        #expect(try tiers.ask(target, body: close).status == 202)
        #expect(peer.socket.next()?.hasPrefix("close 1000") == true)
        #expect(try tiers.ask(target, body: close).status == 404)
    }
}
