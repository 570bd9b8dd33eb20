extension OTLPDecoder {
    private static let kinds = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"].map {
        "SPAN_KIND_" + $0
    }
    private static let statuses = ["UNSET", "OK", "ERROR"].map { "STATUS_CODE_" + $0 }
    private static let severities =
        ["SEVERITY_NUMBER_UNSPECIFIED"]
        + ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap { level in
            ["", "2", "3", "4"].map { "SEVERITY_NUMBER_\(level)\($0)" }
        }

    /// The ids of a record. Nil: it has none; a malformed one is no id.
    private struct Identity {
        var traceID: TraceID?
        var spanID: UInt64?
        var isMalformed = false

        mutating func take(_ name: String, _ value: OTLPNode) {
            switch name {
            case "traceId":
                let isEmpty = value.hexadecimal { $0.allSatisfy { $0 == 0x30 } } ?? false
                traceID = value.hexadecimal { TraceID($0) } ?? nil
                if traceID == nil, !isEmpty { isMalformed = true }
            case "spanId":
                spanID = OTLPDecoder.spanID(value)
                if spanID == nil { isMalformed = true }
            default: break
            }
        }
    }

    static func span(_ node: OTLPNode, _ resource: RecordedResource, _ scope: String, _ batch: inout OTLPBatch) {
        var identity = Identity()
        node.forEachMember { identity.take($0, $1) }
        guard let traceID = identity.traceID, let spanID = identity.spanID, spanID != 0 else {
            return batch.reject("a span without a traceId of 32 and a spanId of 16 hexadecimal digits")
        }
        var span = RecordedSpan(traceID: traceID, spanID: spanID, resource: resource)
        span.scope = scope
        var isParentValid = true
        node.forEachMember { name, value in
            switch name {
            case "parentSpanId":
                let parent = Self.spanID(value)
                isParentValid = parent != nil
                span.parentSpanID = parent ?? 0
            case "startTimeUnixNano": span.startNanoseconds = value.unsigned ?? 0
            case "endTimeUnixNano": span.endNanoseconds = value.unsigned ?? 0
            default: describe(&span, name, value)
            }
        }
        guard isParentValid else { return batch.reject("a span whose parentSpanId is not 16 hexadecimal digits") }
        guard max(span.startNanoseconds, span.endNanoseconds) > 0 else {
            return batch.reject("a span without startTimeUnixNano")
        }
        if span.startNanoseconds == 0 { span.startNanoseconds = span.endNanoseconds }
        span.endNanoseconds = max(span.startNanoseconds, span.endNanoseconds)
        batch.spans.append(span)
    }

    private static func describe(_ span: inout RecordedSpan, _ name: String, _ value: OTLPNode) {
        switch name {
        case "name": span.name = value.text(max: RecordingLimits.nameBytesMax) ?? ""
        case "traceState": span.traceState = value.text(max: RecordingLimits.textBytesMax) ?? ""
        case "kind": span.kind = number(value, named: kinds).flatMap(RecordedSpan.Kind.init) ?? .unspecified
        case "attributes": span.attributes = attributes(value, &span.droppedAttributes)
        case "droppedAttributesCount": span.droppedAttributes = span.droppedAttributes.adding(value.unsigned)
        case "events": span.events = list(value, max: RecordingLimits.eventsMax, &span.droppedEvents, event)
        case "droppedEventsCount": span.droppedEvents = span.droppedEvents.adding(value.unsigned)
        case "links": span.links = list(value, max: RecordingLimits.linksMax, &span.droppedLinks, link)
        case "droppedLinksCount": span.droppedLinks = span.droppedLinks.adding(value.unsigned)
        case "status":
            value.forEachMember { name, value in
                if name == "code" {
                    span.status = number(value, named: statuses).flatMap(RecordedSpan.Status.init) ?? .unset
                }
                if name == "message" { span.statusMessage = value.text(max: RecordingLimits.textBytesMax) ?? "" }
            }
        default: break
        }
    }

    private static func list<Element>(
        _ node: OTLPNode, max: Int, _ dropped: inout UInt64, _ read: (OTLPNode) -> Element?
    ) -> [Element] {
        var result: [Element] = []
        node.forEachElement { element in
            if result.count < max, let element = read(element) {
                result.append(element)
            } else {
                dropped = dropped.adding(1)
            }
        }
        return result
    }

    private static func event(_ node: OTLPNode) -> RecordedSpan.Event? {
        var event = RecordedSpan.Event()
        node.forEachMember { name, value in
            switch name {
            case "name": event.name = value.text(max: RecordingLimits.nameBytesMax) ?? ""
            case "timeUnixNano": event.nanoseconds = value.unsigned ?? 0
            case "attributes": event.attributes = attributes(value, &event.droppedAttributes)
            case "droppedAttributesCount": event.droppedAttributes = event.droppedAttributes.adding(value.unsigned)
            default: break
            }
        }
        return event
    }

    private static func link(_ node: OTLPNode) -> RecordedSpan.Link? {
        var identity = Identity()
        node.forEachMember { identity.take($0, $1) }
        guard let traceID = identity.traceID, let spanID = identity.spanID, spanID != 0 else { return nil }
        var link = RecordedSpan.Link(traceID: traceID, spanID: spanID)
        node.forEachMember { name, value in
            switch name {
            case "traceState": link.traceState = value.text(max: RecordingLimits.textBytesMax) ?? ""
            case "attributes": link.attributes = attributes(value, &link.droppedAttributes)
            case "droppedAttributesCount": link.droppedAttributes = link.droppedAttributes.adding(value.unsigned)
            default: break
            }
        }
        return link
    }

    static func log(_ node: OTLPNode, _ resource: RecordedResource, _ scope: String, _ batch: inout OTLPBatch) {
        var log = RecordedLog(resource: resource)
        log.scope = scope
        var identity = Identity()
        var observed: UInt64 = 0
        node.forEachMember { name, value in
            identity.take(name, value)
            switch name {
            case "timeUnixNano": log.nanoseconds = value.unsigned ?? 0
            case "observedTimeUnixNano": observed = value.unsigned ?? 0
            case "severityNumber":
                log.severity = number(value, named: severities).flatMap { (0...24).contains($0) ? $0 : nil } ?? 0
            case "severityText": log.severityText = value.text(max: RecordingLimits.nameBytesMax) ?? ""
            case "body": log.body = self.value(value)
            case "eventName": log.eventName = value.text(max: RecordingLimits.nameBytesMax) ?? ""
            case "attributes": log.attributes = attributes(value, &log.droppedAttributes)
            case "droppedAttributesCount": log.droppedAttributes = log.droppedAttributes.adding(value.unsigned)
            default: break
            }
        }
        guard !identity.isMalformed else {
            return batch.reject("a log record whose traceId is not 32, or spanId not 16, hexadecimal digits")
        }
        if log.nanoseconds == 0 { log.nanoseconds = observed }
        log.traceID = identity.traceID
        log.spanID = identity.traceID == nil ? 0 : identity.spanID ?? 0
        batch.logs.append(log)
    }
}
