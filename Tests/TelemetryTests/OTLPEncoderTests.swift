import Foundation
import Telemetry
import Testing

/// OTLP/JSON, against a reader of JSON that is not ours.
@Suite struct OTLPEncoderTests {
    private static let nasty = "a\"b\\c\nd\u{1B}é\u{0}😀"
    private static let context = TraceContext(
        traceIDHigh: 0x4bf9_2f35_77b3_4da6, traceIDLow: 0xa3ce_929d_0e0e_4736, spanID: 0x00f0_67aa_0ba9_02b7, flags: 1)
    private static let parent = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 3)
    private static let start: UInt64 = 1_800_000_000_123_456_789

    private let encoder = OTLPEncoder(
        resource: TelemetryResource(
            service: nasty, version: "1.2", instance: "i", host: "h", processID: 7,
            given: [("host.name", "given"), ("k", "v"), ("service.name", "not this")]), version: "1.2")

    /// Compares as JSON, numbers and text apart.
    private static func isEqual(_ value: Any?, _ text: String) throws -> Bool {
        let expected = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        return (value as? NSObject) == (expected as? NSObject)
    }

    private static func item(_ bytes: [UInt8], _ names: [String]) throws -> (item: Any?, resource: Any?, scope: Any?) {
        let root = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let outer = try #require((root[names[0]] as? [[String: Any]])?.first)
        let inner = try #require((outer[names[1]] as? [[String: Any]])?.first)
        return (inner[names[2]], outer["resource"], inner["scope"])
    }

    private static let spanNames = ["resourceSpans", "scopeSpans", "spans"]

    @Test func theResourceSaysWhoItIs() throws {
        let found = try Self.item(encoder.encode(spans: []), Self.spanNames)
        #expect(try Self.isEqual(found.item, "[]"))
        #expect(try Self.isEqual(found.scope, #"{"name":"switchboard","version":"1.2"}"#))
        let resource = try #require(found.resource as? [String: Any])
        let attributes = try #require(resource["attributes"] as? [[String: Any]])
        #expect(
            attributes.compactMap { $0["key"] as? String } == [
                "service.name", "service.instance.id", "service.version", "process.pid", "telemetry.sdk.name",
                "telemetry.sdk.language", "telemetry.sdk.version", "host.name", "k",
            ])
        #expect((attributes[0]["value"] as? [String: Any])?["stringValue"] as? String == Self.nasty)
        #expect(try Self.isEqual(attributes[3]["value"], #"{"intValue":"7"}"#))
        #expect(try Self.isEqual(attributes[7]["value"], #"{"stringValue":"given"}"#))
    }

    @Test func aSpanHasAllItsParts() throws {
        let span = Span(
            "GET /ws", kind: .server, context: Self.context, parent: Self.parent, startNanoseconds: Self.start,
            endNanoseconds: Self.start + 5,
            attributes: [
                SpanAttribute("s", .string("x")), SpanAttribute("i", .integer(-5)), SpanAttribute("d", .double(0.5)),
                SpanAttribute("n", .double(.nan)), SpanAttribute("f", .double(-.infinity)),
                SpanAttribute("b", .bool(true)),
            ],
            events: [SpanEvent("e", wallNanoseconds: 9, attributes: [SpanAttribute("k", .integer(1))])],
            links: [SpanLink(Self.parent)], status: .error("no"), traceState: "a=1")
        let bare = Span("b", kind: .producer, context: Self.context, startNanoseconds: 5, endNanoseconds: 4)
        let found = try Self.item(encoder.encode(spans: [span, bare]), Self.spanNames)
        #expect(
            try Self.isEqual(
                found.item,
                #"""
                [{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","traceState":"a=1",
                "parentSpanId":"0000000000000003","flags":1,"kind":2,"name":"GET /ws",
                "startTimeUnixNano":"1800000000123456789","endTimeUnixNano":"1800000000123456794",
                "attributes":[{"key":"s","value":{"stringValue":"x"}},{"key":"i","value":{"intValue":"-5"}},
                {"key":"d","value":{"doubleValue":0.5}},{"key":"n","value":{"doubleValue":"NaN"}},
                {"key":"f","value":{"doubleValue":"-Infinity"}},{"key":"b","value":{"boolValue":true}}],
                "events":[{"name":"e","timeUnixNano":"9","attributes":[{"key":"k","value":{"intValue":"1"}}]}],
                "links":[{"traceId":"00000000000000010000000000000002","spanId":"0000000000000003","flags":3}],
                "status":{"code":2,"message":"no"}},
                {"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","flags":1,"kind":4,"name":"b",
                "startTimeUnixNano":"5","endTimeUnixNano":"5"}]
                """#))
    }

    @Test func aLogRecordIsCorrelated() throws {
        let records = [
            LogRecord(
                wallNanoseconds: Self.start, level: .warning, message: "it \"happened\"",
                fields: [(key: "correlation_id", value: .string(Self.nasty))], context: Self.context),
            LogRecord(wallNanoseconds: 1, level: .error, message: "m", fields: []),
        ]
        let found = try Self.item(encoder.encode(logs: records), ["resourceLogs", "scopeLogs", "logRecords"])
        let list = try #require(found.item as? [[String: Any]])
        let nasty = try #require((list[0]["attributes"] as? [[String: Any]])?.first)
        #expect(nasty["key"] as? String == "correlation_id")
        #expect((nasty["value"] as? [String: Any])?["stringValue"] as? String == Self.nasty)
        #expect(list[0]["traceId"] as? String == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(list[0]["spanId"] as? String == "00f067aa0ba902b7" && list[0]["flags"] as? Int == 1)
        #expect(list[0]["severityNumber"] as? Int == 13 && list[0]["severityText"] as? String == "WARN")
        #expect(try Self.isEqual(list[0]["body"], #"{"stringValue":"it \"happened\""}"#))
        #expect(
            try Self.isEqual(
                list[1],
                #"""
                {"severityNumber":17,"severityText":"ERROR","timeUnixNano":"1","observedTimeUnixNano":"1",
                "body":{"stringValue":"m"}}
                """#))
    }

    @Test func metricsAreCumulative() throws {
        let registry = MetricsRegistry()
        registry.counter("c_total", "C", labels: [("k", "v")]).add(3)
        registry.gauge("g", "G", unit: "By").set(-2)
        registry.gauge("r", "R") { 0.5 }
        let histogram = registry.histogram("h", "H", bounds: [1, 2])
        histogram.record(0.5)
        histogram.record(5, context: Self.context)
        let bytes = encoder.encode(metrics: registry.snapshot(), start: 10, now: 20)
        let found = try Self.item(bytes, ["resourceMetrics", "scopeMetrics", "metrics"])
        let list = try #require(found.item as? [[String: Any]])
        #expect(
            try Self.isEqual(
                Array(list[0..<3]),
                #"""
                [{"name":"c_total","description":"C","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
                {"attributes":[{"key":"k","value":{"stringValue":"v"}}],"startTimeUnixNano":"10","timeUnixNano":"20",
                "asInt":"3"}]}},
                {"name":"g","description":"G","unit":"By","gauge":{"dataPoints":[
                {"attributes":[],"timeUnixNano":"20","asInt":"-2"}]}},
                {"name":"r","description":"R","gauge":{"dataPoints":[
                {"attributes":[],"timeUnixNano":"20","asDouble":0.5}]}}]
                """#))
        #expect(list[3]["unit"] as? String == "s")
        let body = try #require(list[3]["histogram"] as? [String: Any])
        #expect(body["aggregationTemporality"] as? Int == 2)
        var point = try #require((body["dataPoints"] as? [[String: Any]])?.first)
        var exemplar = try #require((point.removeValue(forKey: "exemplars") as? [[String: Any]])?.first)
        #expect(
            try Self.isEqual(
                point,
                #"""
                {"attributes":[],"startTimeUnixNano":"10","timeUnixNano":"20","count":"2","sum":5.5,
                "bucketCounts":["1","0","1"],"explicitBounds":[1,2]}
                """#))
        #expect(UInt64(exemplar.removeValue(forKey: "timeUnixNano") as? String ?? "") ?? 0 > Self.start / 2)
        #expect(
            try Self.isEqual(
                exemplar,
                #"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","asDouble":5.0}"#))
    }
}
