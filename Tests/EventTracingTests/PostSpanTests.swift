import Telemetry
import Testing

@testable import EventTracing

@Suite struct PostSpanTests {
    private let spans = TelemetryQueue<Span>(elementsMax: 4, batchMax: 4) {}
    private var tracer: Tracer { Tracer(sampler: .alwaysOn, spans: spans) }

    private func begin(_ url: String) -> PostSpan {
        PostSpan(
            EventIdentity(id: "1", type: "A", correlationID: "c"), url: url,
            context: TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1),
            parent: TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 4, flags: 1), traceState: "x=y")
    }

    private func ended() -> [Span] {
        var batch: [Span] = []
        spans.take(into: &batch)
        return batch
    }

    private func attribute(_ key: String, of span: Span) -> AttributeValue? {
        span.attributes.first { "\($0.key)" == key }?.value
    }

    @Test func whatNeverWentHasNoSpan() {
        var post = begin("http://127.0.0.1:8082/events")
        post.end(status: nil, failure: ("unavailable", "it was not there"), tracer)
        #expect(ended().isEmpty)
    }

    @Test func retriesStand() throws {
        var post = begin("http://127.0.0.1:8082/events")
        for _ in 0..<3 { post.posting() }
        post.end(status: 202, failure: nil, tracer)
        post.end(status: 500, failure: nil, tracer)
        let all = ended()
        let span = try #require(all.first)
        #expect(all.count == 1 && span.name == "POST /events" && span.parentSpanID == 4 && span.traceState == "x=y")
        #expect(span.events.map { "\($0.name)" } == ["retry", "retry"])
        #expect(attribute("http.request.resend_count", of: span) == .integer(2))
        #expect(attribute("http.response.status_code", of: span) == .integer(202) && span.status == .unset)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8082/events", "127.0.0.1", 8082, "POST /events"),
        ("https://web-3.example/dispatch", "web-3.example", 443, "POST /dispatch"),
        ("http://[::1]:8081/a/dispatch", "[::1]", 8081, "POST /a/dispatch"), ("http://host", "host", 80, "POST /"),
    ])
    func addresses(url: String, host: String, port: Int, name: String) throws {
        var post = begin(url)
        post.posting()
        post.end(status: nil, failure: ("unavailable", "gone"), tracer)
        let span = try #require(ended().first)
        #expect(span.name == name && span.status == .error("gone"))
        #expect(attribute("server.address", of: span) == .string(host))
        #expect(attribute("server.port", of: span) == .integer(port))
        #expect(attribute("http.response.status_code", of: span) == nil)
    }
}
