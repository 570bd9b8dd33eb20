import CloudEvents
import Core
import Telemetry
import Testing

@testable import EventTracing

@Suite struct EventTraceTests {
    private static let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private static let header = "00-1bf7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01"

    private func trace(_ members: String, header: String?) throws -> EventTrace {
        let tracer = Tracer(sampler: .alwaysOn, spans: TelemetryQueue<Span>(elementsMax: 1, batchMax: 1) {})
        let text = #"{"specversion":"1.0","id":"1","source":"/t","type":"A"\#(members)}"#
        return try Array(text.utf8).withUnsafeBytes { bytes in
            EventTrace(
                try EventEnvelope.scan(bytes, rules: .strict), in: bytes, tracer, headers: header.map { ($0, "x=y") })
        }
    }

    @Test func theEventsOwnGoesFirst() throws {
        let trace = try trace(#","traceparent":"\#(Self.own)","tracestate":"a=b""#, header: Self.header)
        #expect(trace.parent.traceparent == Self.own && trace.traceState == "a=b")
    }

    @Test func elseTheMessagesHeadersCount() throws {
        let trace = try trace("", header: Self.header)
        #expect(trace.parent.traceparent == Self.header && trace.traceState == "x=y")
        #expect(try !self.trace("", header: nil).parent.isValid)
        let broken = try self.trace("", header: "00-nothing")
        #expect(!broken.parent.isValid && broken.traceState == nil)
    }
}
