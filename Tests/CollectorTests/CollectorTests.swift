import Collector
import Core
import JSON
import Telemetry
import TelemetryExport
import TestSupport
import Testing
import TraceStore

/// The receiver over real sockets.
@Suite struct CollectorTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let spans = request(spans: [span("00f067aa0ba902b7")])

    private let registry = MetricsRegistry()
    private let collector: TraceCollector

    init() throws { collector = try TraceCollector(port: 0, registry: registry) }

    private static func span(_ id: String) -> String {
        #"{"traceId":"\#(trace)","spanId":"\#(id)","name":"n","startTimeUnixNano":"1","endTimeUnixNano":"2","attributes":[{"key":"event_id","value":{"stringValue":"e/1"}}]}"#
    }

    private static func request(spans: [String]) -> String {
        #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(spans.joined(separator: ","))]}]}]}"#
    }

    private func send(
        _ line: String, _ headers: [String] = [], body: String = ""
    ) throws -> RawResponse {
        let socket = try RawSocket(port: collector.port)
        let head = [line + " HTTP/1.1", "Host: localhost", "Content-Length: \(body.utf8.count)"] + headers
        socket.send(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
        return try #require(RawResponse.read(socket))
    }

    private func post(_ path: String, _ body: String, type: String = "application/json") throws -> RawResponse {
        try send("POST \(path)", ["Content-Type: \(type)"], body: body)
    }

    private func get(_ path: String) throws -> RawResponse { try send("GET \(path)") }

    @Test func takesAllSignalsAndAnswersForThem() throws {
        defer { collector.stop() }
        #expect(try get("/traces").body == #"{"total":0,"traces":[]}"#)
        for (path, body) in [
            ("/v1/traces", Self.spans), ("/v1/logs", #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#),
            ("/v1/metrics", #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{},{}]}]}]}"#), ("/v1/traces", "{}"),
        ] {
            let response = try post(path, body, type: "application/json; charset=utf-8")
            #expect(response.status == 200 && response.body == "{}", "\(path): \(response)")
        }
        for id in [Self.trace, "e%2F1"] {
            let found = try get("/traces/\(id)")
            #expect(found.status == 200 && found.header("content-type") == "application/json", "\(found)")
            #expect(TraceAnswer(parsing: Array(found.body.utf8))?.spans.map(\.name) == ["n"], "\(found.body)")
        }
        for query in ["last=1", "slowest=1", ""] {
            let listing = try #require(TraceListing(try JSONValue.parse(Array(try get("/traces?\(query)").body.utf8))))
            #expect(listing.traces.map(\.traceID.text) == [Self.trace])
        }
        let metrics = try get("/metrics").body
        for line in [
            #"switchboard_collector_records_total{signal="traces"} 1"#,
            #"switchboard_collector_records_total{signal="logs"} 1"#,
            #"switchboard_collector_records_total{signal="metrics"} 2"#, "switchboard_collector_traces 1",
        ] { #expect(metrics.contains("\n\(line)\n"), "\(line) is not in \(metrics)") }
        #expect(try get("/livez").status == 200)
    }

    /// Anybody on this machine may read what was traced, but no page that its browser shows.
    @Test func pagesAreRefused() throws {
        defer { collector.stop() }
        #expect(try send("GET /traces", ["Origin: http://localhost"]).status == 403)
        let socket = try RawSocket(port: collector.port)
        socket.send("GET /traces HTTP/1.1\r\nHost: evil.example:4318\r\n\r\n")
        #expect(RawResponse.read(socket)?.status == 403)
    }

    @Test(arguments: [
        ("application/x-protobuf", "OTEL_EXPORTER_OTLP_PROTOCOL=http/json"), ("text/plain", "application/json"),
        ("application/jsonl", "application/json"),
    ])
    func otherMediaTypesAreRefused(_ type: String, _ hint: String) throws {
        defer { collector.stop() }
        let response = try post("/v1/traces", "{}", type: type)
        #expect(response.status == 415 && response.body.contains(hint), "\(response)")
        #expect(response.header("accept") == "application/json")
        #expect(try send("POST /v1/traces", body: "{}").status == 415)
    }

    @Test func compressedBodiesAreRefused() throws {
        defer { collector.stop() }
        let headers = ["Content-Type: application/json", "Content-Encoding: gzip"]
        let response = try send("POST /v1/logs", headers, body: "{}")
        #expect(response.status == 415 && response.body.contains("OTEL_EXPORTER_OTLP_COMPRESSION=none"), "\(response)")
    }

    @Test(arguments: [
        ("POST /v1/traces", "{", 400), ("POST /v1/traces", "[]", 400), ("GET /v1/traces", "", 405),
        ("POST /v1/profiles", "{}", 404), ("GET /traces/nothing", "", 404), ("GET /traces?last=0", "", 400),
        ("GET /traces?last=1&slowest=1", "", 400), ("GET /traces?slowest=x", "", 400), ("POST /traces", "{}", 405),
    ])
    func whatIsNotUnderstoodIsAProblem(_ line: String, _ body: String, _ status: Int) throws {
        defer { collector.stop() }
        let response = try send(line, ["Content-Type: application/json"], body: body)
        #expect(
            response.status == status && response.header("content-type") == "application/problem+json", "\(response)")
    }

    @Test func aBodyTooLargeIsRefused() throws {
        defer { collector.stop() }
        let socket = try RawSocket(port: collector.port)
        socket.send(
            "POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
                + "\(TraceCollector.bodyBytesMax + 1)\r\n\r\n")
        #expect(RawResponse.read(socket)?.status == 413)
    }

    @Test func whatIsLeftOutIsTold() throws {
        var limits = TraceStoreLimits()
        limits.recordsPerTraceMax = 1
        collector.stop()
        let small = try TraceCollector(port: 0, limits: limits, registry: registry)
        defer { small.stop() }
        let socket = try RawSocket(port: small.port)
        let body = Self.request(spans: [Self.span("00f067aa0ba902b7"), Self.span("00f067aa0ba902b8"), "{}"])
        socket.send(
            "POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
                + "\(body.utf8.count)\r\n\r\n\(body)")
        let response = try #require(RawResponse.read(socket))
        let success = try JSONValue.parse(Array(response.body.utf8))["partialSuccess"]
        #expect(response.status == 200 && success?["rejectedSpans"]?.string == "2", "\(response)")
        #expect(success?["errorMessage"]?.string?.hasSuffix("; a trace is full") == true)
    }

    @Test func aPortThatIsTakenIsAnError() throws {
        defer { collector.stop() }
        #expect(throws: SystemError.self) { try TraceCollector(port: collector.port, registry: registry) }
    }

    /// The gateway's own exporter, with its own encoder.
    @Test func takesWhatTheTiersSend() throws {
        defer { collector.stop() }
        let process = ProcessInstrumentation(
            settings: try TelemetrySettings(environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": collector.url]), version: "1",
            host: "h", processID: 1, logLevel: .info, logFormat: .json)
        let parts = process.make(service: "tier")
        let exporter = try #require(try TelemetryExporter.start(process))
        let context = RandomSource.withShared { parts.tracer.begin(random: &$0) }
        parts.tracer.record(
            Span(
                "send x", kind: .producer, context: context, startNanoseconds: 5, endNanoseconds: 9,
                attributes: [SpanAttribute("correlation_id", .string("s1"))],
                events: [SpanEvent("retry", wallNanoseconds: 7)], status: .error("why")))
        parts.logger.warning("it waits", context: context, ["event_id": .string("e1"), "n": .integer(3)])
        exporter.stop(flushMilliseconds: 10_000)
        for id in [context.traceIDText, "s1", "e1"] {
            let answer = try #require(TraceAnswer(parsing: Array(try get("/traces/\(id)").body.utf8)), "\(id)")
            let (span, log) = (try #require(answer.spans.first), try #require(answer.logs.first))
            #expect(span.name == "send x" && span.kind == .producer && span.events.map(\.name) == ["retry"])
            #expect(span.status == .error && span.statusMessage == "why" && span.resource.service == "tier")
            #expect(log.body == .string("it waits") && log.spanID == span.spanID && log.level == "WARN")
            #expect(log.attributes["n"] == .integer(3) && span.resource.clock == "h")
        }
    }
}
