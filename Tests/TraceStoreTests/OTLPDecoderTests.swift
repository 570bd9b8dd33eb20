import JSON
import Testing
import TraceStore

@Suite struct OTLPDecoderTests {
    private static let ids = #""traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7""#

    private static func decode(_ text: String) throws -> OTLPBatch { try OTLPDecoder.decode(Array(text.utf8)) }

    private static func decode(spans: String, resource: String = "{}") throws -> OTLPBatch {
        try decode(
            #"{"resourceSpans":[{"resource":\#(resource),"scopeSpans":[{"scope":{"name":"s"},"spans":[\#(spans)]}]}]}"#)
    }

    private static func span(_ members: String) throws -> RecordedSpan {
        let batch = try decode(spans: #"{\#(ids),"startTimeUnixNano":"1",\#(members)}"#)
        return try #require(batch.spans.first)
    }

    private static func value(_ json: String) throws -> RecordedValue? {
        try span(#""attributes":[{"key":"k","value":\#(json)}]"#).attributes["k"]
    }

    @Test func aWholeSpan() throws {
        let batch = try Self.decode(
            spans: """
                {\(Self.ids),"traceState":"v=1","parentSpanId":"00000000000000ff","flags":257,"name":"GET /é","kind":2,
                 "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,"droppedAttributesCount":1,
                 "attributes":[{"key":"cloudevents.event_id","value":{"stringValue":"e1"}}],
                 "events":[{"timeUnixNano":"1544712660500000000","name":"retry",
                            "attributes":[{"key":"n","value":{"intValue":"2"}}]}],"droppedEventsCount":2,
                 "links":[{"traceId":"5BF92F3577B34DA6A3CE929D0E0E4736","spanId":"00f067aa0ba902b8"}],
                 "status":{"code":2,"message":"no"},"somethingNew":{"a":[1,{"b":null}]}}
                """,
            resource:
                #"{"attributes":[{"key":"service.name","value":{"stringValue":"web"}},{"key":"host.name","value":{"stringValue":"h1"}}]}"#
        )
        let span = try #require(batch.spans.first)
        #expect(batch.rejected == 0 && batch.spans.count == 1)
        #expect(span.traceID.text == "4bf92f3577b34da6a3ce929d0e0e4736" && span.spanID == 0x00f0_67aa_0ba9_02b7)
        #expect(span.parentSpanID == 0xff && span.traceState == "v=1" && span.name == "GET /é" && span.kind == .server)
        #expect(span.startNanoseconds == 1_544_712_660_000_000_000 && span.durationNanoseconds == 1_000_000_000)
        #expect(span.eventIDs == ["e1"] && span.droppedAttributes == 1 && span.droppedEvents == 2)
        #expect(span.events.first?.name == "retry" && span.events.first?.attributes["n"] == .integer(2))
        #expect(span.links.first?.traceID.high == 0x5bf9_2f35_77b3_4da6)
        #expect(span.status == .error && span.statusMessage == "no" && span.scope == "s")
        #expect(span.resource.service == "web" && span.resource.clock == "h1")
    }

    /// protobuf's JSON parsers take the names of the .proto file, and names of enumerations.
    @Test func snakeCaseAndNamesOfEnumerations() throws {
        let text = #"""
            {"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",
            "span_id":"00f067aa0ba902b7","parent_span_id":"","start_time_unix_nano":"5","end_time_unix_nano":"9",
            "kind":"SPAN_KIND_CONSUMER","status":{"code":"STATUS_CODE_OK"},
            "attributes":[{"key":"a_b","value":{"int_value":"7"}}]}]}]}],
            "resource_logs":[{"scope_logs":[{"log_records":[{"observed_time_unix_nano":"8","severity_number":"SEVERITY_NUMBER_WARN2",
            "severity_text":"W","body":{"string_value":"x"},"event_name":"n"}]}]}]}
            """#
        let batch = try Self.decode(text)
        let (span, log) = (try #require(batch.spans.first), try #require(batch.logs.first))
        #expect(span.kind == .consumer && span.status == .ok && span.durationNanoseconds == 4 && span.parentSpanID == 0)
        #expect(span.attributes["a_b"] == .integer(7))
        #expect(log.nanoseconds == 8 && log.severity == 14 && log.level == "WARN" && log.body == .string("x"))
        #expect(log.eventName == "n" && log.traceID == nil)
    }

    @Test(
        arguments: [
            (#"{"stringValue":"a\u00e9\n"}"#, .string("aé\n")), (#"{"boolValue":true}"#, .bool(true)),
            (#"{"intValue":"-9223372036854775808"}"#, .integer(.min)), (#"{"intValue":3}"#, .integer(3)),
            (#"{"intValue":3.0}"#, .integer(3)), (#"{"intValue":"9223372036854775808"}"#, .none),
            (#"{"doubleValue":1.5}"#, .double(1.5)), (#"{"doubleValue":"1.5"}"#, .double(1.5)),
            (#"{"doubleValue":"-Infinity"}"#, .double(-.infinity)), (#"{"bytesValue":"AQI="}"#, .bytes("AQI=")),
            (#"{"bytesValue":"not base64!"}"#, .string("not base64!")),
            (
                #"{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"b"},{}]}}"#,
                .array([.integer(1), .string("b"), .none])
            ),
            (
                #"{"kvlistValue":{"values":[{"key":"x","value":{"boolValue":false}},{"value":{"intValue":1}}]}}"#,
                .object([RecordedAttribute("x", .bool(false))])
            ),
            (#"{"arrayValue":{}}"#, .array([])), ("{}", .none), ("null", .none), (#"{"stringValue":7}"#, .none),
            (#"{"stringValue":null}"#, .none), (#"{"newValue":7}"#, .none), (#""text""#, .none), ("[]", .none),
        ] as [(String, RecordedValue)])
    func everyKindOfValue(_ json: String, _ value: RecordedValue) throws { #expect(try Self.value(json) == value) }

    /// What can't be placed is left out, and told; the others stay.
    @Test(arguments: [
        #"{"startTimeUnixNano":"1"}"#, #"{"traceId":"4bf9","spanId":"00f067aa0ba902b7","startTimeUnixNano":"1"}"#,
        #"{"traceId":"00000000000000000000000000000000","spanId":"00f067aa0ba902b7","startTimeUnixNano":"1"}"#,
        #"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"0000000000000000","startTimeUnixNano":"1"}"#,
        #"{"traceId":"4bf92f3577b34da6a3ce929d0e0e473g","spanId":"00f067aa0ba902b7","startTimeUnixNano":"1"}"#,
        #"{"traceId":"S/kvNXezTaajzpKdDg5HNg==","spanId":"APBnqgupArc=","startTimeUnixNano":"1"}"#,
        #"{"traceId":4,"spanId":[],"startTimeUnixNano":"1"}"#, "7", "[]", #""x""#, "{}",
        #"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7"}"#,
        #"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","startTimeUnixNano":"x"}"#,
        #"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","startTimeUnixNano":"-1"}"#,
        #"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","startTimeUnixNano":"1","parentSpanId":"1"}"#,
    ])
    func aSpanThatCanNotBePlaced(_ span: String) throws {
        let good = #"{\#(Self.ids),"startTimeUnixNano":"1"}"#
        let batch = try Self.decode(spans: "\(span),\(good),\(span)")
        #expect(batch.spans.count == 1 && batch.rejected == 2 && batch.rejection != nil)
    }

    @Test(arguments: [
        "", "{", "[]", "7", "\"x\"", "{}{}", #"{"resourceSpans":[}"#, "{\"a\":\"\u{1}\"}", #"{"a":"\x"}"#, #"{"a":01}"#,
        "{\"a\":" + String(repeating: "[", count: 100_000),
        String(repeating: "{\"a\":", count: 65) + "1" + String(repeating: "}", count: 65),
    ])
    func whatIsNoJSONObject(_ text: String) { #expect(throws: JSONError.self) { try Self.decode(text) } }

    @Test(arguments: [
        "{}", #"{"resourceSpans":null}"#, #"{"resourceSpans":{}}"#, #"{"resourceSpans":[[],7,{"scopeSpans":7}]}"#,
        #"{"resourceSpans":[{"scopeSpans":[{"spans":{}}]}],"other":1}"#, #"{"resourceLogs":[{"scopeLogs":[null]}]}"#,
    ])
    func emptyAndOdd(_ text: String) throws {
        let batch = try Self.decode(text)
        #expect(batch.spans.isEmpty && batch.logs.isEmpty && batch.rejected == 0)
    }

    @Test func timesAreNeverBackwards() throws {
        let span = try Self.span(#""endTimeUnixNano":"0""#)
        #expect(span.startNanoseconds == 1 && span.endNanoseconds == 1)
        let huge = try Self.span(
            #""endTimeUnixNano":"18446744073709551615","droppedAttributesCount":"18446744073709551615""#)
        #expect(huge.durationNanoseconds == .max - 1 && huge.droppedAttributes == .max)
    }

    @Test func textsAndListsAreBounded() throws {
        let long = String(repeating: "é", count: 100_000)
        let many = (0..<1000).map { #"{"key":"\#($0)","value":{"intValue":"\#($0)"}}"# }.joined(separator: ",")
        let events = Array(repeating: #"{"name":"\#(long)"}"#, count: 300).joined(separator: ",")
        let text = try #require(try Self.value(#"{"stringValue":"\#(long)"}"#))
        #expect(text.text.utf8.count <= RecordingLimits.textBytesMax && text.text.hasSuffix(" bytes cut]"))
        #expect(text.text.hasPrefix("éé") && !text.text.contains("\u{FFFD}"))
        let span = try Self.span(#""name":"\#(long)","attributes":[\#(many)],"events":[\#(events)]"#)
        #expect(span.name.utf8.count <= RecordingLimits.nameBytesMax)
        #expect(span.attributes.count == RecordingLimits.attributesMax && span.droppedAttributes == 872)
        #expect(span.events.count == RecordingLimits.eventsMax && span.droppedEvents == 172)
        let elements = Array(repeating: #"{"intValue":"1"}"#, count: 1000).joined(separator: ",")
        guard case .array(let values)? = try Self.value(#"{"arrayValue":{"values":[\#(elements)]}}"#) else {
            Issue.record("no array")
            return
        }
        #expect(values.count == RecordingLimits.elementsMax)
        var nested = #"{"intValue":"1"}"#
        for _ in 0..<12 { nested = #"{"arrayValue":{"values":[\#(nested)]}}"# }
        #expect(try Self.value(nested)?.text == "[[[[[[[[…[nested deeper]]]]]]]]]")
    }

    @Test func onlyTheSignalThatIsAskedForIsTaken() throws {
        let text =
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{\#(Self.ids),"startTimeUnixNano":"1"}]}]}],"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a"},{"name":"b"}]}]}]}"#
        let metrics = try OTLPDecoder.decode(Array(text.utf8), [.metrics])
        #expect(metrics.spans.isEmpty && metrics.metricCount == 2)
        #expect(try OTLPDecoder.decode(Array(text.utf8), [.traces]).metricCount == 0)
    }

    @Test func aLogKeepsItsPlace() throws {
        let batch = try Self.decode(
            #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{\#(Self.ids),"timeUnixNano":"7","observedTimeUnixNano":"9","severityNumber":17,"body":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"1"}}]}}},{"traceId":"","spanId":""},{"traceId":"zz"}]}]}]}"#
        )
        #expect(batch.logs.count == 2 && batch.rejected == 1)
        #expect(
            batch.logs[0].spanID == 0x00f0_67aa_0ba9_02b7 && batch.logs[0].isError && batch.logs[0].nanoseconds == 7)
        #expect(batch.logs[0].body.text == "{a=1}" && batch.logs[1].traceID == nil)
    }
}
