/// A finished piece of work: made when it has ended, and handed to `Tracer.record`.
public struct Span: Sendable {
    public var context: TraceContext
    /// 0 for the first span of a trace.
    public var parentSpanID: UInt64
    public var kind: SpanKind
    public var name: String
    /// Since 1970, as the end.
    public var startNanoseconds: UInt64
    public var endNanoseconds: UInt64
    public var attributes: [SpanAttribute]
    public var events: [SpanEvent]
    public var links: [SpanLink]
    public var status: SpanStatus
    /// The header `tracestate` that came with the parent.
    public var traceState: String?

    public init(
        _ name: String, kind: SpanKind, context: TraceContext, parent: TraceContext? = nil, startNanoseconds: UInt64,
        endNanoseconds: UInt64, attributes: [SpanAttribute] = [], events: [SpanEvent] = [], links: [SpanLink] = [],
        status: SpanStatus = .unset, traceState: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.context = context
        parentSpanID = parent?.spanID ?? 0
        self.startNanoseconds = startNanoseconds
        self.endNanoseconds = endNanoseconds
        self.attributes = attributes
        self.events = events
        self.links = links
        self.status = status
        self.traceState = traceState
    }
}
