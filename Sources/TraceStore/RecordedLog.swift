/// A log record, of whatever sender.
public struct RecordedLog: Equatable, Sendable {
    /// When it happened, or if that is not said when it was seen. Since 1970, by the clock of `resource`.
    public var nanoseconds: UInt64 = 0
    /// OTLP's: 1 to 4 trace, 5 to 8 debug, 9 to 12 info, 13 to 16 warning, 17 to 20 error, 21 to 24 fatal; 0 unknown.
    public var severity = 0
    public var severityText = ""
    public var body = RecordedValue.none
    public var eventName = ""
    public var attributes: [RecordedAttribute] = []
    public var droppedAttributes: UInt64 = 0
    /// Nil if it belongs to no trace.
    public var traceID: TraceID?
    /// 0 if it belongs to no span.
    public var spanID: UInt64 = 0
    public var scope = ""
    public var resource: RecordedResource

    public init(resource: RecordedResource) { self.resource = resource }

    public var eventIDs: [String] { attributes.identifiers(RecordedSpan.eventIDNames) }
    public var correlationIDs: [String] { attributes.identifiers(RecordedSpan.correlationIDNames) }

    /// What a reader calls its severity.
    public var level: String {
        switch severity {
        case 1...4: "TRACE"
        case 5...8: "DEBUG"
        case 9...12: "INFO"
        case 13...16: "WARN"
        case 17...20: "ERROR"
        case 21...24: "FATAL"
        default: severityText
        }
    }

    public var isError: Bool { severity >= 17 }

    var byteCount: Int {
        384 + resource.byteCountCharged + severityText.utf8.count + eventName.utf8.count + scope.utf8.count
            + body.byteCount + attributes.byteCount
    }
}
