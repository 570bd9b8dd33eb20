import Core
import JSON
import Telemetry
import TestSupport
import Testing

@testable import PublicWeb

/// One trace for each event, through all tiers.
@Suite struct TracingTests {
    private static let below = [
        "public-web: receive PingRequest", "public-web: POST /events", "dispatcher: POST /events",
        "dispatcher: send switchboard.events:PingRequest",
        "ping-listener: process switchboard.events:PingRequest:ping-listener",
        "ping-listener: send switchboard.responses:response",
        "dispatcher: process switchboard.responses:response:dispatcher.responses", "dispatcher: POST /dispatch",
        "public-web: POST /dispatch", "public-web: push PingResponse",
    ]
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private static let never = Sampler(name: "traceidratio", ratio: 0)

    private static func ping(_ id: String, _ members: String = "") -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"PingRequest"\#(members)}"#
    }

    private static func post(_ headers: String = "") -> String { "POST /ping HTTP/1.1\r\n" + headers }

    private static func isPush(_ span: RecordedSpan) -> Bool { span.span.name.hasPrefix("push ") }

    @Test func overAWebSocket() throws {
        let tiers = try TestTiers(sampler: .alwaysOn)
        let peer = try SessionPeer(tiers)
        for id in ["a", "b", "c"] { peer.ping(id) }
        _ = peer.next(3)
        let pushes = tiers.spans.await(3, Self.isPush)
        // Those of ending spans that come after the push.
        _ = tiers.spans.await(31)
        #expect(pushes.count == 3)
        for push in pushes { #expect(tiers.spans.path(to: push) == Self.below) }
        #expect(Set(pushes.map(\.span.context.traceIDText)).count == 3)
        let all = tiers.spans.all
        let handshake = try #require(all.first { $0.span.name == "GET /ws" })
        #expect(handshake.attribute("http.response.status_code") == .integer(101))
        let received = all.filter { $0.span.name == "receive PingRequest" }
        #expect(received.allSatisfy { $0.span.links.map(\.context.spanID) == [handshake.span.context.spanID] })
        #expect(
            Set(received.compactMap { $0.attribute("cloudevents.event_id") }) == [
                .string("a"), .string("b"), .string("c"),
            ])
        for span in all { #expect(span.attribute("correlation_id") == .string(peer.name), "\(span)") }
        for span in all where span.span.kind == .consumer {
            #expect(span.span.links.map(\.context.spanID) == [span.span.parentSpanID])
        }
        #expect(all.allSatisfy { $0.span.status == .unset && $0.span.endNanoseconds >= $0.span.startNanoseconds })
    }

    @Test func overHTTPBelowTheClientsOwnSpan() throws {
        let tiers = try TestTiers(sampler: .parentBasedAlwaysOn)
        let response = try tiers.ask(
            Self.post("traceparent: \(Self.parent)\r\ntracestate: a=1\r\ntracestate: b=2\r\nbaggage: user=7\r\n"))
        let answer = try JSONValue.parse(Array(response.body.utf8))
        let push = try #require(tiers.spans.await(1, Self.isPush).first)
        _ = tiers.spans.await(11)
        #expect(tiers.spans.path(to: push) == ["public-web: POST /ping"] + Self.below)
        #expect(answer["traceparent"]?.string == push.span.context.traceparent)
        let id = try #require(answer["causationid"]?.string)
        let shown = try JSONValue.parse(Array(try tiers.ask("GET /events/\(id) HTTP/1.1\r\n").body.utf8))
        #expect(shown["traceid"]?.string == push.span.context.traceIDText)
        #expect(answer["tracestate"]?.string == "a=1,b=2" && answer["baggage"]?.string == "user=7")
        let own = tiers.spans.all.filter { !$0.span.name.hasPrefix("GET ") }
        #expect(own.allSatisfy { $0.span.context.traceIDText == "0af7651916cd43dd8448eb211c80319c" })
        #expect(own.allSatisfy { $0.span.traceState == "a=1,b=2" })
        let request = try #require(tiers.spans.all.first { $0.span.name == "POST /ping" })
        #expect(request.span.kind == .server && request.span.parentSpanID == 0xb7ad_6b71_6920_3331)
        #expect(request.attribute("http.route") == .string("/ping"))
    }

    @Test func eachEventOfABatchHasItsOwn() throws {
        let tiers = try TestTiers(sampler: .alwaysOn)
        let other = #","traceparent":"\#(Self.parent)""#
        _ = try tiers.ask(
            "POST /events HTTP/1.1\r\nContent-Type: application/cloudevents-batch+json\r\n",
            body: "[\(Self.ping("a")),\(Self.ping("b", other)),\(Self.ping("c"))]")
        let pushes = tiers.spans.await(3, Self.isPush)
        _ = tiers.spans.await(31)
        let paths = pushes.map { tiers.spans.path(to: $0) }
        #expect(paths.count { $0 == ["public-web: POST /events"] + Self.below } == 2)
        // The one that came with a trace of its own is linked to the request.
        #expect(paths.count { $0 == Self.below } == 1)
        let own = try #require(tiers.spans.all.first { $0.attribute("cloudevents.event_id") == .string("b") })
        #expect(own.span.context.traceIDText == "0af7651916cd43dd8448eb211c80319c")
    }

    @Test(arguments: [Sampler.parentBasedAlwaysOn, never, nil])
    func whatIsNotSampledGoesOnAsItCame(_ sampler: Sampler?) throws {
        let tiers = try TestTiers(sampler: sampler)
        let parent = Self.parent.dropLast(2) + "00"
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(Self.ping("a", #","traceparent":"\#(parent)","tracestate":"x=y","baggage":"k=v""#))
        let answer = try #require(peer.nextEvent())
        #expect(answer["traceparent"]?.string == String(parent))
        #expect(answer["tracestate"]?.string == "x=y" && answer["baggage"]?.string == "k=v")
        let response = try tiers.ask(Self.post("traceparent: \(parent)\r\ntracestate: x=y\r\n"))
        let posted = try JSONValue.parse(Array(response.body.utf8))
        #expect(posted["traceparent"]?.string == String(parent) && posted["tracestate"]?.string == "x=y")
        #expect(tiers.spans.all.allSatisfy { $0.span.name == "GET /ws" })
    }

    @Test func theDecisionNotToSampleGoesOn() throws {
        let tiers = try TestTiers(sampler: Self.never)
        let response = try tiers.ask(Self.post())
        let answer = try JSONValue.parse(Array(response.body.utf8))
        let context = try #require(answer["traceparent"]?.string.flatMap { TraceContext(traceparent: $0) })
        #expect(!context.isSampled && tiers.spans.all.isEmpty)
    }

    @Test func aStateWithoutItsContextIsDropped() throws {
        let tiers = try TestTiers(sampler: .alwaysOn)
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(Self.ping("a", #","traceparent":"00-nothing","tracestate":"x=y""#))
        let answer = try #require(peer.nextEvent())
        #expect(answer["tracestate"] == nil)
        #expect(answer["traceparent"]?.string.flatMap { TraceContext(traceparent: $0) } != nil)
    }

    @Test func failuresShow() throws {
        let nobody = try TestTiers(.withoutListener, sampler: .alwaysOn)
        let refused = try nobody.ask(Self.post())
        let send = try #require(nobody.spans.await(1) { $0.span.kind == .producer }.first)
        #expect(send.events == ["returned"] && send.span.status != .unset)
        // Whoever is told of the failure can look its trace up.
        #expect(refused.body.contains("\"traceid\":\"\(send.span.context.traceIDText)\""), "\(refused)")
        let peer = try WebSocketPeer(port: nobody.publicPort)
        _ = peer.nextEvent()
        peer.send(Self.ping("a"))
        let told = peer.nextEvent()?["data"]?["traceid"]?.string
        #expect(nobody.spans.await(2) { $0.span.kind == .producer }.last?.span.context.traceIDText == told)
        #expect(send.attribute("error.type") == .string("no-listener"))
        let silent = try TestTiers(.silentListener, sampler: .alwaysOn) { $0.limits.requestDeadlineMilliseconds = 100 }
        _ = try silent.ask(Self.post())
        let received = try #require(silent.spans.await(1) { $0.span.name == "receive PingRequest" }.first)
        #expect(received.events == ["deadline"] && received.attribute("error.type") == .string("deadline-passed"))
        let web = try TestTiers(.webOnly, sampler: .alwaysOn) { $0.limits.dispatcherWaitMilliseconds = 300 }
        _ = try web.ask(Self.post())
        let posted = try #require(web.spans.await(1) { $0.span.kind == .client }.first)
        #expect(posted.events.first == "retry" && posted.attribute("error.type") == .string("dispatcher-unavailable"))
    }

    @Test func whatNobodyWaitsForEndsToo() throws {
        let tiers = try TestTiers(.silentListener, sampler: .alwaysOn)
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(Self.ping("a"))
        _ = tiers.spans.await(1) { $0.span.kind == .producer }
        peer.control("close")
        let received = try #require(tiers.spans.await(1) { $0.span.name == "receive PingRequest" }.first)
        #expect(received.events == ["abandoned"] && received.span.status == .unset)
    }
}
