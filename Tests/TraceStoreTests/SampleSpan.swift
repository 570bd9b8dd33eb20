import TraceStore

/// Records with few words.
enum SampleSpan {
    static let trace = TraceID(high: 0x4bf9_2f35_77b3_4da6, low: 0xa3ce_929d_0e0e_4736)

    static func resource(_ service: String, host: String? = nil) -> RecordedResource {
        RecordedResource(
            attributes: [RecordedAttribute("service.name", .string(service))]
                + (host.map { [RecordedAttribute("host.name", .string($0))] } ?? []))
    }

    static func make(
        _ id: UInt64, parent: UInt64 = 0, _ name: String = "work", kind: RecordedSpan.Kind = .internal,
        from start: UInt64 = 1000, to end: UInt64 = 2000, trace: TraceID = trace, service: String = "a",
        host: String? = "h", event: String? = nil, correlation: String? = nil
    ) -> RecordedSpan {
        var span = RecordedSpan(traceID: trace, spanID: id, resource: resource(service, host: host))
        span.parentSpanID = parent
        span.name = name
        span.kind = kind
        span.startNanoseconds = start
        span.endNanoseconds = end
        if let event { span.attributes.append(RecordedAttribute("cloudevents.event_id", .string(event))) }
        if let correlation { span.attributes.append(RecordedAttribute("correlation_id", .string(correlation))) }
        return span
    }

    static func log(
        _ text: String, at time: UInt64 = 1500, trace: TraceID? = trace, span: UInt64 = 0, service: String = "a",
        host: String? = "h", event: String? = nil, correlation: String? = nil, severity: Int = 9
    ) -> RecordedLog {
        var log = RecordedLog(resource: resource(service, host: host))
        log.body = .string(text)
        log.nanoseconds = time
        log.severity = severity
        log.traceID = trace
        log.spanID = span
        if let event { log.attributes.append(RecordedAttribute("event_id", .string(event))) }
        if let correlation { log.attributes.append(RecordedAttribute("correlation_id", .string(correlation))) }
        return log
    }

    static func batch(_ spans: [RecordedSpan] = [], logs: [RecordedLog] = []) -> OTLPBatch {
        var batch = OTLPBatch()
        batch.spans = spans
        batch.logs = logs
        return batch
    }
}
