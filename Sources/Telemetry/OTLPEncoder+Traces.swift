import Core
import JSON

extension OTLPEncoder {
    static func append(span: Span, to bytes: inout [UInt8]) {
        bytes.append(0x7B)
        append(ids: span.context, to: &bytes)
        if let state = span.traceState, !state.isEmpty {
            bytes.append(",\"traceState\":")
            JSONWriter.appendString(state, to: &bytes)
        }
        if span.parentSpanID != 0 {
            bytes.append(",\"parentSpanId\":\"")
            bytes.append(hex: span.parentSpanID)
            bytes.append(0x22)
        }
        bytes.append(utf8: ",\"flags\":\(span.context.flags),\"kind\":\(span.kind.rawValue),\"name\":")
        JSONWriter.appendString(span.name, to: &bytes)
        append(time: "startTimeUnixNano", span.startNanoseconds, to: &bytes)
        // A clock that was set back in between must not make a span end before it begins.
        append(time: "endTimeUnixNano", max(span.startNanoseconds, span.endNanoseconds), to: &bytes)
        if !span.attributes.isEmpty {
            bytes.append(",\"attributes\":")
            append(span.attributes, to: &bytes)
        }
        if !span.events.isEmpty {
            bytes.append(",\"events\":")
            append(list: span.events, to: &bytes, append(event:to:))
        }
        if !span.links.isEmpty {
            bytes.append(",\"links\":")
            append(list: span.links, to: &bytes, append(link:to:))
        }
        append(span.status, to: &bytes)
        bytes.append(0x7D)
    }

    private static func append(event: SpanEvent, to bytes: inout [UInt8]) {
        bytes.append("{\"name\":")
        JSONWriter.appendString(event.name.description, to: &bytes)
        append(time: "timeUnixNano", event.wallNanoseconds, to: &bytes)
        if !event.attributes.isEmpty {
            bytes.append(",\"attributes\":")
            append(event.attributes, to: &bytes)
        }
        bytes.append(0x7D)
    }

    private static func append(link: SpanLink, to bytes: inout [UInt8]) {
        bytes.append(0x7B)
        append(ids: link.context, to: &bytes)
        bytes.append(utf8: ",\"flags\":\(link.context.flags)")
        if !link.attributes.isEmpty {
            bytes.append(",\"attributes\":")
            append(link.attributes, to: &bytes)
        }
        bytes.append(0x7D)
    }

    /// With the comma before it.
    private static func append(_ status: SpanStatus, to bytes: inout [UInt8]) {
        switch status {
        case .unset: return
        case .ok: bytes.append(",\"status\":{\"code\":1}")
        case .error(let message):
            bytes.append(",\"status\":{\"code\":2")
            if !message.isEmpty {
                bytes.append(",\"message\":")
                JSONWriter.appendString(message, to: &bytes)
            }
            bytes.append(0x7D)
        }
    }
}
