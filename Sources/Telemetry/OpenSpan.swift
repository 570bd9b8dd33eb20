import Core

/// A span under way. Its duration is taken from the monotonic clock, so that a clock that is set does not show in it.
public struct OpenSpan: Sendable {
    /// Of one span; further ones are left out.
    private static let eventsMax = 32

    private var span: Span
    private let beganAt: MonotonicInstant

    /// Begins now.
    public init(
        _ name: String, kind: SpanKind, context: TraceContext, parent: TraceContext, traceState: String? = nil,
        attributes: [SpanAttribute] = [], links: [SpanLink] = []
    ) {
        let now = SystemClock.wallNanoseconds()
        beganAt = SystemClock.monotonic()
        span = Span(
            name, kind: kind, context: context, parent: parent.isValid ? parent : nil, startNanoseconds: now,
            endNanoseconds: now, attributes: attributes, links: links, traceState: traceState)
    }

    public var context: TraceContext { span.context }
    public var traceState: String? { span.traceState }

    /// Instead of an earlier value, if there is one.
    public mutating func set(_ key: StaticString, _ value: AttributeValue) {
        let attribute = SpanAttribute(key, value)
        if let known = span.attributes.firstIndex(where: { $0.isNamed(key) }) {
            span.attributes[known] = attribute
        } else {
            span.attributes.append(attribute)
        }
    }

    public mutating func link(to context: TraceContext) {
        if context.isValid { span.links.append(SpanLink(context)) }
    }

    /// Something that happens now.
    public mutating func add(_ event: StaticString, _ attributes: [SpanAttribute] = []) {
        guard span.events.count < Self.eventsMax else { return }
        span.events.append(SpanEvent(event, wallNanoseconds: now, attributes: attributes))
    }

    /// - Parameter type: of the failure, of low cardinality (`error.type` of the semantic conventions).
    public mutating func fail(_ type: String, _ description: String) {
        set("error.type", .string(type))
        span.status = .error(description)
    }

    /// Ends it now.
    public consuming func end(_ tracer: Tracer) {
        span.endNanoseconds = now
        tracer.record(span)
    }

    private var now: UInt64 { span.startNanoseconds &+ SystemClock.monotonic().nanoseconds(since: beganAt) }
}
