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

    /// - Parameters:
    ///   - context: what the event is to carry instead of what it came with; nil for that.
    ///   - isOwn: the context is of the trace that the event came with, so its state stays as it stands. A state without
    ///     the context it came with is of no use (W3C Trace Context §3.3): else the request's takes its place.
    ///   - trace: the request's.
    init(
        _ context: TraceContext?, isOwn: Bool, _ trace: PropagatedContext, _ spans: RequestSpans?,
        _ envelope: EventEnvelope, _ tracer: Tracer
    ) {
        self.spans = spans
        if let context, tracer.propagatesTraceContext {
            self.context = context
            dropping = isOwn ? .traceparent : [.traceparent, .tracestate]
            traceState = isOwn ? nil : trace.traceState
        }
        addBaggage(envelope, trace, tracer)
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
