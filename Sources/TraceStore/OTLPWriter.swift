import Core
import JSON

/// Writes records as OTLP/JSON, so that whoever reads OTLP can read what the store holds.
public enum OTLPWriter {
    /// The members `resourceSpans` and `resourceLogs`, with a comma between them; without braces around.
    public static func appendMembers(spans: [RecordedSpan], logs: [RecordedLog], to bytes: inout [UInt8]) {
        bytes.append("\"resourceSpans\":")
        append(groups: spans, by: { ($0.resource, $0.scope) }, "scopeSpans", "spans", to: &bytes, append(span:to:))
        bytes.append(",\"resourceLogs\":")
        append(groups: logs, by: { ($0.resource, $0.scope) }, "scopeLogs", "logRecords", to: &bytes, append(log:to:))
    }

    /// Records keep their order: a group ends where another resource or scope begins.
    private static func append<Record>(
        groups records: [Record], by key: (Record) -> (RecordedResource, String), _ scopes: StaticString,
        _ items: StaticString, to bytes: inout [UInt8], _ write: (Record, inout [UInt8]) -> Void
    ) {
        bytes.append(0x5B)
        var last: (RecordedResource, String)?
        for record in records {
            let (resource, scope) = key(record)
            if let last, last.0 === resource, last.1 == scope {
                bytes.append(0x2C)
            } else {
                bytes.append(last == nil ? "" : "]}]},")
                bytes.append("{\"resource\":{\"attributes\":")
                append(resource.attributes, to: &bytes)
                append(count: "droppedAttributesCount", resource.droppedAttributes, to: &bytes)
                bytes.append("},\"")
                bytes.append(scopes)
                bytes.append("\":[{\"scope\":{\"name\":")
                JSONWriter.appendString(scope, to: &bytes)
                bytes.append("},\"")
                bytes.append(items)
                bytes.append("\":[")
            }
            write(record, &bytes)
            last = (resource, scope)
        }
        if last != nil { bytes.append("]}]}") }
        bytes.append(0x5D)
    }

    private static func append(span: RecordedSpan, to bytes: inout [UInt8]) {
        bytes.append("{\"traceId\":\"")
        span.traceID.append(to: &bytes)
        bytes.append("\",\"spanId\":\"")
        bytes.append(hex: span.spanID)
        bytes.append(0x22)
        if span.parentSpanID != 0 {
            bytes.append(",\"parentSpanId\":\"")
            bytes.append(hex: span.parentSpanID)
            bytes.append(0x22)
        }
        append(text: "traceState", span.traceState, to: &bytes)
        append(text: "name", span.name, to: &bytes)
        append(number: "kind", span.kind.rawValue, to: &bytes)
        append(time: "startTimeUnixNano", span.startNanoseconds, to: &bytes)
        append(time: "endTimeUnixNano", span.endNanoseconds, to: &bytes)
        append(described: span.attributes, span.droppedAttributes, to: &bytes)
        append(list: "events", span.events, to: &bytes) { event, bytes in
            bytes.append(utf8: "{\"timeUnixNano\":\"\(event.nanoseconds)\"")
            append(text: "name", event.name, to: &bytes)
            append(described: event.attributes, event.droppedAttributes, to: &bytes)
            bytes.append(0x7D)
        }
        append(count: "droppedEventsCount", span.droppedEvents, to: &bytes)
        append(list: "links", span.links, to: &bytes) { link, bytes in
            bytes.append("{\"traceId\":\"")
            link.traceID.append(to: &bytes)
            bytes.append("\",\"spanId\":\"")
            bytes.append(hex: link.spanID)
            bytes.append(0x22)
            append(text: "traceState", link.traceState, to: &bytes)
            append(described: link.attributes, link.droppedAttributes, to: &bytes)
            bytes.append(0x7D)
        }
        append(count: "droppedLinksCount", span.droppedLinks, to: &bytes)
        if span.status != .unset || !span.statusMessage.isEmpty {
            bytes.append(utf8: ",\"status\":{\"code\":\(span.status.rawValue)")
            append(text: "message", span.statusMessage, to: &bytes)
            bytes.append(0x7D)
        }
        bytes.append(0x7D)
    }

    private static func append(log: RecordedLog, to bytes: inout [UInt8]) {
        bytes.append(utf8: "{\"timeUnixNano\":\"\(log.nanoseconds)\"")
        append(number: "severityNumber", log.severity, to: &bytes)
        append(text: "severityText", log.severityText, to: &bytes)
        append(text: "eventName", log.eventName, to: &bytes)
        if log.body != .none {
            bytes.append(",\"body\":")
            append(log.body, to: &bytes)
        }
        append(described: log.attributes, log.droppedAttributes, to: &bytes)
        if let traceID = log.traceID {
            bytes.append(",\"traceId\":\"")
            traceID.append(to: &bytes)
            bytes.append(0x22)
        }
        if log.spanID != 0 {
            bytes.append(",\"spanId\":\"")
            bytes.append(hex: log.spanID)
            bytes.append(0x22)
        }
        bytes.append(0x7D)
    }
}

/// The pieces. All but the values begin with a comma, and are left out when they say nothing.
extension OTLPWriter {
    private static func append(name: StaticString, to bytes: inout [UInt8]) {
        bytes.append(",\"")
        bytes.append(name)
        bytes.append("\":")
    }

    private static func append(text name: StaticString, _ text: String, to bytes: inout [UInt8]) {
        guard !text.isEmpty else { return }
        append(name: name, to: &bytes)
        JSONWriter.appendString(text, to: &bytes)
    }

    private static func append(number name: StaticString, _ number: Int, to bytes: inout [UInt8]) {
        guard number != 0 else { return }
        append(name: name, to: &bytes)
        bytes.append(utf8: "\(number)")
    }

    private static func append(time name: StaticString, _ nanoseconds: UInt64, to bytes: inout [UInt8]) {
        append(name: name, to: &bytes)
        bytes.append(utf8: "\"\(nanoseconds)\"")
    }

    /// Such counts have 32 bits.
    private static func append(count name: StaticString, _ count: UInt64, to bytes: inout [UInt8]) {
        append(number: name, Int(UInt32(clamping: count)), to: &bytes)
    }

    private static func append(
        described attributes: [RecordedAttribute], _ dropped: UInt64, to bytes: inout [UInt8]
    ) {
        if !attributes.isEmpty {
            append(name: "attributes", to: &bytes)
            append(attributes, to: &bytes)
        }
        append(count: "droppedAttributesCount", dropped, to: &bytes)
    }

    private static func append<Element>(
        list name: StaticString, _ elements: [Element], to bytes: inout [UInt8],
        _ write: (Element, inout [UInt8]) -> Void
    ) {
        guard !elements.isEmpty else { return }
        append(name: name, to: &bytes)
        append(elements, to: &bytes, write)
    }

    private static func append<Element>(
        _ elements: [Element], to bytes: inout [UInt8], _ write: (Element, inout [UInt8]) -> Void
    ) {
        bytes.append(0x5B)
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            write(element, &bytes)
        }
        bytes.append(0x5D)
    }

    private static func append(_ attributes: [RecordedAttribute], to bytes: inout [UInt8]) {
        append(attributes, to: &bytes) { attribute, bytes in
            bytes.append("{\"key\":")
            JSONWriter.appendString(attribute.key, to: &bytes)
            bytes.append(",\"value\":")
            append(attribute.value, to: &bytes)
            bytes.append(0x7D)
        }
    }

    private static func append(_ value: RecordedValue, to bytes: inout [UInt8]) {
        switch value {
        case .none: bytes.append("{")
        case .string(let text):
            bytes.append("{\"stringValue\":")
            JSONWriter.appendString(text, to: &bytes)
        case .bool(let flag): bytes.append(utf8: "{\"boolValue\":\(flag)")
        case .integer(let number): bytes.append(utf8: "{\"intValue\":\"\(number)\"")
        case .double(let number): bytes.append(utf8: "{\"doubleValue\":\(text(number))")
        case .bytes(let text): bytes.append(utf8: "{\"bytesValue\":\"\(text)\"")
        case .array(let values):
            bytes.append("{\"arrayValue\":{\"values\":")
            append(values, to: &bytes) { append($0, to: &$1) }
            bytes.append(0x7D)
        case .object(let members):
            bytes.append("{\"kvlistValue\":{\"values\":")
            append(members, to: &bytes)
            bytes.append(0x7D)
        }
        bytes.append(0x7D)
    }

    /// JSON has no infinities; protobuf's mapping writes them as text.
    private static func text(_ number: Double) -> String {
        if number.isNaN { return "\"NaN\"" }
        if number.isInfinite { return number < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
        return "\(number)"
    }
}
