import Core

/// Where spans begin and where they go when they have ended. From any thread; it never blocks.
///
/// A disabled one costs a branch: contexts pass through as they came, and nothing is recorded.
public final class Tracer: Sendable {
    public static let disabled = Tracer(sampler: .alwaysOff, spans: nil)

    public let sampler: Sampler
    /// Nil when disabled.
    public let spans: TelemetryQueue<Span>?
    /// Whether trace contexts that come in are joined, and written where work goes out (`OTEL_PROPAGATORS`).
    public let propagatesTraceContext: Bool
    public let propagatesBaggage: Bool

    public init(
        sampler: Sampler, spans: TelemetryQueue<Span>?, propagatesTraceContext: Bool = true,
        propagatesBaggage: Bool = true
    ) {
        self.sampler = sampler
        self.spans = spans
        self.propagatesTraceContext = propagatesTraceContext
        self.propagatesBaggage = propagatesBaggage
    }

    public var isEnabled: Bool { spans != nil }

    /// Whether a span of that context is worth making.
    public func records(_ context: TraceContext) -> Bool { spans != nil && context.isSampled && context.isValid }

    /// The context that came with a piece of work; `none` if there is none, or none is to be joined.
    /// - Parameter traceparent: the header's value, or the attribute's.
    public func extract(_ traceparent: UnsafeRawBufferPointer?) -> TraceContext {
        guard propagatesTraceContext, let traceparent else { return .none }
        return TraceContext(traceparent: traceparent) ?? .none
    }

    /// What is written of a span's context where work goes out; `none` if nothing is to be.
    public func inject(_ context: TraceContext) -> TraceContext { propagatesTraceContext ? context : .none }

    /// Whether no span is made below that parent, which is known without making its context.
    public func declines(_ parent: TraceContext) -> Bool {
        spans == nil || parent.isValid && !sampler.isSampled(traceIDLow: parent.traceIDLow, parent: parent)
    }

    /// The context of a new span, with the decision whether it is sampled: a child of the parent's, or of a trace of its
    /// own without a valid one.
    public func begin(parent: TraceContext? = nil, random: inout RandomSource) -> TraceContext {
        guard spans != nil else { return parent ?? .none }
        let parent = parent?.isValid == true ? parent : nil
        let high = parent?.traceIDHigh ?? Self.identifier(&random)
        let low = parent?.traceIDLow ?? Self.identifier(&random)
        let isSampled = sampler.isSampled(traceIDLow: low, parent: parent)
        let randomness = parent.map { $0.flags & TraceContext.randomFlag } ?? TraceContext.randomFlag
        return TraceContext(
            traceIDHigh: high, traceIDLow: low, spanID: Self.identifier(&random),
            flags: randomness | (isSampled ? TraceContext.sampledFlag : 0))
    }

    /// Takes a span that has ended; not sampled ones are ignored.
    public func record(_ span: Span) {
        guard let spans, span.context.isSampled, span.context.isValid else { return }
        spans.offer(span)
    }

    private static func identifier(_ random: inout RandomSource) -> UInt64 {
        while true {
            let identifier = random.next()
            // Zero means none.
            if identifier != 0 { return identifier }
        }
    }
}
