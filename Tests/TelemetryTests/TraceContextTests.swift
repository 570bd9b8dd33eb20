import Core
import Telemetry
import Testing

@Suite struct TraceContextTests {
    private static let id = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    /// W3C Trace Context level 2, §3.2.2 and §4.3.
    @Test(
        arguments: [
            ("00-\(id)-\(span)-01", 1), ("00-\(id)-\(span)-00", 0), ("00-\(id)-\(span)-03", 3),
            // Flags that are not known here are not passed on.
            ("00-\(id)-\(span)-ff", 3), ("00-\(id)-\(span)-08", 0),
            // Later versions: at least as much as version 00, more only behind a dash.
            ("01-\(id)-\(span)-01", 1), ("cc-\(id)-\(span)-01-what-the-future-has", 1), ("cc-\(id)-\(span)-01-", 1),
            ("cc-\(id)-\(span)-01.what", nil), ("cc-\(id)-\(span)-0", nil),
            ("00-\(id)-\(span)-01-more", nil), ("00-\(id)-\(span)-01-", nil), ("00-\(id)-\(span)-01 ", nil),
            ("ff-\(id)-\(span)-01", nil), ("0g-\(id)-\(span)-01", nil), ("0-\(id)-\(span)-01", nil),
            ("00-\(String(repeating: "0", count: 32))-\(span)-01", nil),
            ("00-\(id)-\(String(repeating: "0", count: 16))-01", nil),
            ("00-\(id.uppercased())-\(span)-01", nil), ("00-\(id)-\(span.uppercased())-01", nil),
            ("00-\(id)-\(span)-0A", nil), ("00-\(id)-\(span)-0x", nil), ("00_\(id)-\(span)-01", nil),
            ("00-\(id)_\(span)-01", nil), ("00-\(id)-\(span)_01", nil), ("00-\(id.dropLast())-\(span)-011", nil),
            ("00-\(id.dropLast())é-\(span)-1", nil), ("", nil), ("00", nil),
        ] as [(String, UInt8?)])
    func headersAreReadAsTheStandardSays(_ text: String, _ flags: UInt8?) {
        let context = TraceContext(traceparent: text)
        #expect(context?.flags == flags)
        guard let context else { return }
        #expect(context.traceIDText == Self.id && context.spanIDText == Self.span && context.isValid)
        #expect(context.isSampled == (context.flags & 1 == 1))
    }

    @Test func halfATraceIDOfZerosIsAnID() {
        let text = "00-0000000000000000a3ce929d0e0e4736-\(Self.span)-01"
        #expect(TraceContext(traceparent: text)?.traceparent == text)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        var random = RandomSource()
        let tracer = Tracer(sampler: .alwaysOn, spans: TelemetryQueue(elementsMax: 1, batchMax: 1) {})
        for _ in 0..<1000 {
            let context = tracer.begin(random: &random)
            var bytes: [UInt8] = []
            context.append(to: &bytes)
            #expect(bytes.count == TraceContext.traceparentBytes)
            #expect(bytes.withBytes { TraceContext(traceparent: $0) } == context)
        }
    }

    @Test func noneIsNeitherValidNorSampled() {
        #expect(!TraceContext.none.isValid && !TraceContext.none.isSampled)
    }
}
