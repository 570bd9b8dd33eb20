import Broker
import Core
import JSON
import TestBroker
import TestSupport
import Testing
import Tiers

@testable import Dispatcher

/// `POST /events`.
@Suite struct EventsTests {
    private static let event = TestDispatcher.event

    private static func failures(_ response: RawResponse) -> [(Int, ProblemKind)]? {
        EventFailure.decode(Array(response.body.utf8))?.map { ($0.index, $0.problem.kind) }
    }

    @Test func anEventIsAnsweredWhenTheBrokerHasIt() throws {
        let dispatcher = try TestDispatcher()
        let inbox = try dispatcher.service(["PingRequest"])
        let event = Self.event("e1", "PingRequest", #","correlationid":"c","traceparent":"00-1-2-01","data":{"a":[1]}"#)
        let response = try dispatcher.post(event)
        #expect(response.status == 202 && response.body == "[]", "\(response)")
        #expect(Polling.until { inbox.events == [event] })
        let message = try #require(inbox.all.first)
        #expect(message.exchange == "switchboard.events" && message.routingKey == "PingRequest")
        #expect(message.traceparent == "00-1-2-01" && !message.isBatch)
        #expect(dispatcher.metric("switchboard_events_published_total") == 1)
    }

    @Test func aBatchIsAnsweredEventByEvent() throws {
        let dispatcher = try TestDispatcher {
            $0.routes = (try? RoutingTable(parsing: Array(#"{"routes":[{"type":"A"},{"type":"B"}]}"#.utf8))) ?? .builtIn
        }
        let inbox = try dispatcher.service(["A"])
        let taken = try dispatcher.postBatch("[\(Self.event("1", "A", "")),\(Self.event("2", "A", ""))]")
        #expect(taken.status == 202 && taken.body == "[]")
        let mixed = [
            Self.event("3", "A", ""), Self.event("4", "C", ""), Self.event("5", "B", ""), Self.event("6", "A", ""),
            Self.event("7", "A", #","expirytime":"2020-01-01T00:00:00Z""#), Self.event("8", #"\u0041"#, ""),
            // No events, but JSON: they take none of the others with them.
            "1", Self.event("10", "A", #","id":"11""#), Self.event("12", "A", #","X":1"#),
        ]
        let response = try dispatcher.postBatch("[" + mixed.joined(separator: " , ") + "]")
        #expect(response.status == 207, "\(response)")
        let failures = try #require(Self.failures(response)?.sorted { $0.0 < $1.0 })
        #expect(failures.map(\.0) == [1, 2, 4, 6, 7, 8])
        #expect(
            failures.map(\.1) == [
                .unroutableType, .noListener, .deadlinePassed, .malformedEvent, .malformedEvent, .malformedEvent,
            ])
        #expect(Polling.until { inbox.bodies.joined().contains("\"8\"") })
        let ids = try inbox.all.flatMap { message -> [String] in
            guard case .array(let events) = try JSONValue.parse(message.body) else {
                return [try JSONValue.parse(message.body)["id"]?.string ?? ""]
            }
            return events.compactMap { $0["id"]?.string }
        }
        #expect(ids == ["1", "2", "3", "6", "8"])
        #expect(dispatcher.metric("switchboard_problems_total{kind=\"no-listener\"}") == 1)
        let none = try dispatcher.postBatch("[]")
        #expect(none.status == 202 && none.body == "[]")
    }

    @Test func refusals() throws {
        let dispatcher = try TestDispatcher {
            $0.limits.bodyBytesMax = 2000
            $0.limits.batchEventsMax = 3
        }
        let rows: [(type: String, body: String, kind: ProblemKind)] = [
            ("application/cloudevents+json", Self.event("1", "Nobodys", ""), .unroutableType),
            ("application/cloudevents+json", Self.event("1", "PingRequest", ""), .noListener),
            (
                "application/cloudevents+json",
                Self.event("1", "PingRequest", #","expirytime":"2020-01-01T00:00:00Z""#), .deadlinePassed
            ),
            ("application/cloudevents+json", "{", .malformedEvent),
            ("application/cloudevents+json", "[]", .malformedEvent),
            ("application/cloudevents+json", #"{"specversion":"1.0","id":"1","source":"/t"}"#, .malformedEvent),
            ("application/cloudevents-batch+json", "[\(Self.event("1", "PingRequest", "")),]", .malformedEvent),
            ("application/json", Self.event("1", "PingRequest", ""), .unsupportedMediaType),
            ("text/plain", "x", .unsupportedMediaType),
            ("application/cloudevents+json", String(repeating: " ", count: 2001), .contentTooLarge),
            (
                "application/cloudevents-batch+json",
                "[" + [String](repeating: Self.event("1", "Nobodys", ""), count: 4).joined(separator: ",") + "]",
                .contentTooLarge
            ),
        ]
        for row in rows {
            let response = try dispatcher.post(row.body, type: row.type)
            let problem = try JSONValue.parse(Array(response.body.utf8))
            #expect(response.status == row.kind.status, "\(row): \(response)")
            #expect(response.header("content-type") == "application/problem+json")
            #expect(problem["type"]?.string == row.kind.type, "\(row): \(response)")
        }
        #expect(try dispatcher.ask("GET /events").header("allow") == "POST")
        #expect(try dispatcher.ask("POST /dispatch").status == 404)
        #expect(dispatcher.metric("switchboard_events_published_total") == 0)
    }

    @Test func onlySignedCallsAreTaken() throws {
        let dispatcher = try TestDispatcher(secret: "the tiers' own")
        let inbox = try dispatcher.service(["PingRequest"])
        let body = Self.event("1", "PingRequest", "")
        let now = SystemClock.wallNanoseconds()
        let right = InternalAuthenticator(secret: Array("the tiers' own".utf8))
        let wrong = InternalAuthenticator(secret: Array("another".utf8))
        let bytes = Array(body.utf8)
        let lines: [String?] = [
            nil, "Switchboard-Signature: ", "Switchboard-Signature: t=1,v2=00", "Switchboard-Signature: t=,n=,v2=",
            wrong.headerLine(path: "/events", body: bytes, wallNanoseconds: now),
            right.headerLine(path: "/dispatch", body: bytes, wallNanoseconds: now),
            right.headerLine(path: "/events", body: bytes + [0x20], wallNanoseconds: now),
            right.headerLine(path: "/events", body: bytes, wallNanoseconds: now - 61_000_000_000),
            right.headerLine(path: "/events", body: bytes, wallNanoseconds: now + 62_000_000_000),
        ]
        for line in lines {
            let headers = ["Content-Type: application/cloudevents+json"] + (line.map { [$0] } ?? [])
            let response = try dispatcher.ask("POST /events", headers: headers, body: body)
            #expect(response.status == 401 && response.body.contains("unauthenticated"), "\(line ?? "none")")
        }
        #expect(inbox.all.isEmpty)
        func refused(_ reason: String) -> Int {
            dispatcher.metric("switchboard_internal_calls_refused_total{reason=\"\(reason)\"}")
        }
        #expect(refused("unsigned") == 1 && refused("malformed") == 3 && refused("wrong_signature") == 3)
        #expect(refused("outside_window") == 2)
        #expect(try dispatcher.post(body).status == 202)
        #expect(Polling.until { inbox.events == [body] })
        #expect(try dispatcher.ask("GET /livez").status == 200)
    }

    /// What was captured on the way is not published again.
    @Test func aCallIsTakenOnce() throws {
        let dispatcher = try TestDispatcher(secret: "the tiers' own")
        let inbox = try dispatcher.service(["PingRequest"])
        let body = Self.event("1", "PingRequest", "")
        let line = InternalAuthenticator(secret: Array("the tiers' own".utf8)).headerLine(
            path: "/events", body: Array(body.utf8), wallNanoseconds: SystemClock.wallNanoseconds())
        let headers = ["Content-Type: application/cloudevents+json", try #require(line)]
        #expect(try dispatcher.ask("POST /events", headers: headers, body: body).status == 202)
        for _ in 0..<3 {
            let again = try dispatcher.ask("POST /events", headers: headers, body: body)
            #expect(again.status == 409 && again.body.contains("replayed-call"), "\(again)")
        }
        #expect(dispatcher.metric("switchboard_internal_calls_refused_total{reason=\"replayed\"}") == 3)
        #expect(dispatcher.metric("switchboard_events_published_total") == 1)
        #expect(Polling.until { inbox.events == [body] })
    }

    @Test func whatIsTooLargeIsCounted() throws {
        let dispatcher = try TestDispatcher { $0.limits.batchEventsMax = 2 }
        let body = "[" + (0..<3).map { Self.event("\($0)", "PingRequest", "") }.joined(separator: ",") + "]"
        #expect(try dispatcher.postBatch(body).status == 413)
        #expect(dispatcher.metric("switchboard_internal_calls_refused_total{reason=\"too_large\"}") == 1)
        #expect(dispatcher.metric("switchboard_events_published_total") == 0)
    }

    @Test func withoutABrokerEventsFailInBoundedTimeAndNumber() throws {
        let dispatcher = try TestDispatcher(limits: PublishLimits(eventsWaitingMax: 2), isRefused: true) {
            $0.limits.brokerWaitMilliseconds = 300
        }
        let ready = try dispatcher.ask("GET /readyz")
        #expect(ready.status == 503 && ready.body.contains("broker-unavailable"))
        #expect(try dispatcher.ask("GET /livez").status == 200)
        let first = try RawSocket(port: dispatcher.port)
        let body = "[\(Self.event("1", "PingRequest", "")),\(Self.event("2", "PingRequest", ""))]"
        first.send(
            "POST /events HTTP/1.1\r\nHost: t\r\nContent-Type: application/cloudevents-batch+json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(Polling.until { dispatcher.broker.statistics.eventsWaiting == 2 })
        // The first two fill what may wait.
        let full = try dispatcher.post(Self.event("3", "PingRequest", ""))
        #expect(full.status == 503 && full.body.contains("overloaded"), "\(full)")
        #expect(full.header("retry-after") == "1")
        let late = try #require(RawResponse.read(first))
        #expect(late.status == 207)
        #expect(Self.failures(late)?.map(\.1) == [.brokerUnavailable, .brokerUnavailable], "\(late)")
        let single = try dispatcher.post(Self.event("4", "PingRequest", ""))
        #expect(single.status == 503 && single.body.contains("broker-unavailable"))
    }

    /// Each try would end the connection for all that goes by it.
    @Test func whatTheBrokerNeverTakesIsNotPublishedAgain() throws {
        let dispatcher = try TestDispatcher(faults: [.outcome(.refused)]) { $0.limits.republishMilliseconds = 10 }
        let response = try dispatcher.post(Self.event("1", "PingRequest", ""))
        #expect(response.status == 500 && response.body.contains("does not take the event"), "\(response)")
        #expect(dispatcher.metric("switchboard_events_republished_total") == 0)
    }

    @Test func whatTheBrokerRefusesIsPublishedAgainUntilItsTimeIsOver() throws {
        let refused = FaultyBroker.Fault.outcome(.rejected)
        let dispatcher = try TestDispatcher(faults: [refused, refused]) { $0.limits.republishMilliseconds = 10 }
        let inbox = try dispatcher.service(["PingRequest"])
        let event = Self.event("1", "PingRequest", "")
        #expect(try dispatcher.post(event).status == 202)
        #expect(Polling.until { inbox.events == [event] })
        #expect(dispatcher.metric("switchboard_events_republished_total") == 2)
        let hopeless = try TestDispatcher(faults: Array(repeating: refused, count: 1000)) {
            $0.limits.republishMilliseconds = 10
            $0.limits.brokerWaitMilliseconds = 100
        }
        let response = try hopeless.post(event)
        #expect(response.status == 503 && response.body.contains("overloaded"), "\(response)")
        #expect(response.header("retry-after") == "1")
    }

    @Test func whileDrainingNothingMoreIsTaken() throws {
        let receiver = try Receiver { _, _ in .held }
        let dispatcher = try TestDispatcher()
        dispatcher.publish([dispatcher.answer("1", to: receiver.url)])
        #expect(Polling.until { receiver.posts.count == 1 })
        let open = try RawSocket(port: dispatcher.port)
        open.send("POST /events HTTP/1.1\r\nHost: t\r\nContent-Type: application/cloudevents+json\r\n")
        // Its body is still to come when the end begins.
        let late = try RawSocket(port: dispatcher.port)
        let event = Self.event("late", "PingRequest", "")
        late.send(
            "POST /events HTTP/1.1\r\nHost: t\r\nContent-Type: application/cloudevents+json\r\n"
                + "Expect: 100-continue\r\nContent-Length: \(event.utf8.count)\r\n\r\n")
        #expect(RawResponse.read(late)?.status == 100)
        let stopper = try Thread(name: "stopper") { [server = dispatcher.server] in server.stop() }
        #expect(Polling.until { (try? RawSocket(port: dispatcher.port)) == nil })
        #expect(open.readToEnd())
        late.send(event)
        let refused = try #require(RawResponse.read(late))
        #expect(refused.status == 503 && refused.body.contains("draining"), "\(refused)")
        receiver.release()
        stopper.join()
        dispatcher.markStopped()
        // What was under way is settled, and nothing of it comes again.
        #expect(dispatcher.isSettled && dispatcher.broker.statistics.messagesAcknowledged == 1)
        #expect(dispatcher.deadLetters.all.isEmpty && receiver.ids == ["1"])
    }

    @Test func withoutASecretItBindsToLoopbackOnly() throws {
        var configuration = DispatcherConfiguration()
        configuration.host = "0.0.0.0"
        configuration.port = 0
        #expect(throws: DispatcherError.self) { try TestDispatcher { $0 = configuration } }
    }
}
