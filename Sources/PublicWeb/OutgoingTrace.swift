import CloudEvents
import Core
import EventTracing
import Telemetry

/// What an event says of its trace when it goes to the dispatcher.
struct OutgoingTrace {
    /// Of these, what the client wrote goes, and what stands here comes in.
    private(set) var dropping: EventEnvelope.Members = []
    private(set) var context = TraceContext.none
    private(set) var traceState: String?
    private(set) var baggage: String?
    let spans: RequestSpans?

    /// An event without a span: what it came with goes on, and where it says nothing, what the HTTP request said.
    init(
        unrecorded context: TraceContext, _ envelope: EventEnvelope, own: TraceContext, _ trace: PropagatedContext,
        _ tracer: Tracer
    ) {
        spans = nil
        if !own.isValid { replace(with: context, trace.traceState) }
        addBaggage(envelope, trace, tracer)
    }

    init(
        _ spans: RequestSpans, _ envelope: EventEnvelope, own: TraceContext, _ trace: PropagatedContext,
        _ tracer: Tracer
    ) {
        self.spans = spans
        context = spans.forwardContext
        dropping = .traceparent
        if !own.isValid { replace(with: context, trace.traceState) }
        addBaggage(envelope, trace, tracer)
    }

    /// A state is of no use without the context it came with (W3C Trace Context §3.3).
    private mutating func replace(with context: TraceContext, _ traceState: String?) {
        self.context = context
        self.traceState = traceState
        dropping.formUnion([.traceparent, .tracestate])
    }

    private mutating func addBaggage(_ envelope: EventEnvelope, _ trace: PropagatedContext, _ tracer: Tracer) {
        if !tracer.propagatesBaggage {
            dropping.insert(.baggage)
        } else if !envelope.has(.baggage) {
            baggage = trace.baggage
        }
    }

    func write(to writer: inout MemberWriter) {
        if context.isValid { writer.rawString("traceparent") { context.append(to: &$0) } }
        if let traceState { writer.string("tracestate", traceState) }
        if let baggage { writer.string("baggage", baggage) }
    }
}
