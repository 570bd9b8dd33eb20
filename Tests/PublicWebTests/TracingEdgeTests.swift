import JSON
import Telemetry
import TestSupport
import Testing

@testable import PublicWeb

/// What traces say of events that are not taken, and of what comes when nobody waits for it.
@Suite struct TracingEdgeTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static func ping(_ id: String, _ members: String = "") -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"PingRequest"\#(members)}"#
    }

    private static func isReceived(_ span: RecordedSpan) -> Bool { span.span.name == "receive PingRequest" }

    @Test func whatIsRefusedHasASpan() throws {
        let tiers = try TestTiers(.silentListener, sampler: .alwaysOn) { $0.limits.inFlightPerSessionMax = 1 }
        let peer = try SessionPeer(tiers)
        peer.ping("a")
        _ = tiers.spans.await(1) { $0.span.kind == .producer }
        peer.ping("b")
        peer.ping("a", data: "2")
        peer.socket.send(Self.ping("c", #","expirytime":"2020-01-01T00:00:00Z""#))
        #expect(peer.next(3).count == 3)
        let refused = tiers.spans.await(3, Self.isReceived)
        #expect(
            refused.compactMap { $0.attribute("error.type") } == [
                .string("too-many-requests"), .string("duplicate-id"), .string("deadline-passed"),
            ])
        #expect(refused.allSatisfy { $0.attribute("correlation_id") == .string(peer.name) })
    }

    @Test func anAnswerThatNobodyWaitsForIsDropped() throws {
        let tiers = try TestTiers(.webOnly, sampler: .alwaysOn)
        let peer = try SessionPeer(tiers)
        let event =
            #"{"specversion":"1.0","id":"x","source":"/s","type":"Said","correlationid":"\#(peer.name)","causationid":"no","#
            + #""returnaddress":"\#(try peer.returnAddress(tiers))","traceparent":"\#(Self.parent)"}"#
        #expect(try tiers.dispatch(event).body == "[]")
        let push = try #require(tiers.spans.await(1) { $0.span.name == "push Said" }.first)
        #expect(push.events == ["unexpected"] && push.span.status == .unset)
    }

    @Test func aHandshakeThatIsRefusedHasItsSpan() throws {
        let tiers = try TestTiers(sampler: .alwaysOn)
        let first = try SessionPeer(tiers)
        // Names that belong to either loop, with a token that belongs to one.
        for number in 0..<8 {
            #expect(try tiers.upgrade("?correlationid=other-\(number)&resume=\(first.token)").status == 403)
        }
        let handshakes = tiers.spans.await(9) { $0.span.name == "GET /ws" }
        let statuses = handshakes.compactMap { $0.attribute("http.response.status_code") }
        #expect(statuses.count { $0 == .integer(403) } == 8 && statuses.count { $0 == .integer(101) } == 1)
    }

    @Test func aClientThatLeavesEarlyOrphansNothing() throws {
        let tiers = try TestTiers(.webOnly, sampler: .alwaysOn) { $0.limits.dispatcherWaitMilliseconds = 400 }
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(Self.ping("a"))
        peer.control("close")
        let post = try #require(tiers.spans.await(1) { $0.span.kind == .client }.first)
        let received = try #require(tiers.spans.await(1, Self.isReceived).first)
        #expect(received.events == ["abandoned"] && post.span.parentSpanID == received.span.context.spanID)
        // There was no response.
        #expect(post.attribute("http.response.status_code") == nil && post.events.contains("retry"))
    }

    @Test func theStateIsThatOfTheParent() throws {
        let tiers = try TestTiers(sampler: .alwaysOn)
        let inside = Self.parent.replacing("b7ad6b7169203331", with: "c7ad6b7169203331")
        let response = try tiers.ask(
            "POST /events HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\n"
                + "traceparent: \(Self.parent)\r\ntracestate: of=request\r\n",
            body: Self.ping("a", #","traceparent":"\#(inside)","tracestate":"of=event""#))
        #expect(try JSONValue.parse(Array(response.body.utf8))["tracestate"]?.string == "of=request")
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(Self.ping("b", #","traceparent":"\#(inside)","tracestate":"of=event""#))
        #expect(peer.nextEvent()?["tracestate"]?.string == "of=event")
    }

    @Test func withoutPropagationEventsGoOnAsTheyCame() throws {
        let tiers = try TestTiers(sampler: .alwaysOn, propagates: false)
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(Self.ping("a", #","traceparent":"\#(Self.parent)","tracestate":"x=y","baggage":"k=v""#))
        let answer = try #require(peer.nextEvent())
        #expect(answer["traceparent"]?.string == Self.parent && answer["tracestate"]?.string == "x=y")
        #expect(answer["baggage"] == nil)
        let received = try #require(tiers.spans.await(1, Self.isReceived).first)
        #expect(received.span.context.traceIDText != "0af7651916cd43dd8448eb211c80319c")
    }
}
