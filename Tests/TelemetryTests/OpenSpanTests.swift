import Core
import Telemetry
import Testing

@Suite struct OpenSpanTests {
    private static let context = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1)
    private let queue = TelemetryQueue<Span>(elementsMax: 4, batchMax: 4) {}

    private func ended(_ span: consuming OpenSpan) -> Span? {
        span.end(Tracer(sampler: .alwaysOn, spans: queue))
        var batch: [Span] = []
        queue.take(into: &batch)
        return batch.first
    }

    @Test func itIsRecordedWithWhatHappened() throws {
        var open = OpenSpan("s", kind: .client, context: Self.context, parent: .none)
        open.set("a", .integer(1))
        open.add("retry", [SpanAttribute("n", .integer(2))])
        open.link(to: .none)
        open.link(to: Self.context)
        open.fail("kind", "why")
        let span = try #require(ended(open))
        #expect(span.parentSpanID == 0 && span.status == .error("why") && span.links.count == 1)
        #expect(span.attributes.map { "\($0.key)" } == ["a", "error.type"])
        #expect(span.events.count == 1 && span.events[0].wallNanoseconds >= span.startNanoseconds)
        #expect(span.events[0].wallNanoseconds <= span.endNanoseconds)
    }

    @Test func anAttributeThatIsSetAgainReplacesItself() throws {
        var open = OpenSpan(
            "s", kind: .client, context: Self.context, parent: .none,
            attributes: [SpanAttribute("http.route", .integer(1))])
        open.set("http.routes", .integer(2))
        open.set("http", .integer(3))
        open.set("http.route", .integer(4))
        let attributes = try #require(ended(open)).attributes
        #expect(attributes.map { "\($0.key)" } == ["http.route", "http.routes", "http"])
        #expect(attributes.map(\.value) == [.integer(4), .integer(2), .integer(3)])
    }

    @Test func itsEventsAreBounded() throws {
        var open = OpenSpan("s", kind: .client, context: Self.context, parent: .none)
        for _ in 0..<1000 { open.add("retry") }
        #expect(try #require(ended(open)).events.count == 32)
    }
}
