import CloudEvents
import Core
import EventTracing
import HTTPServer
import Telemetry

/// The spans of an event that the dispatcher brings, until it is its client's: `POST /dispatch`, and the push below it.
struct DeliverySpans {
    let event: EventIdentity
    /// What the event carries when the client gets it.
    let pushContext: TraceContext
    private var dispatch: OpenSpan
    private var push: OpenSpan

    init(_ event: EventIdentity, _ trace: EventTrace, context: TraceContext, pushContext: TraceContext) {
        self.event = event
        self.pushContext = pushContext
        dispatch = HTTPSpan.server(
            event, route: "/dispatch", context: context, parent: trace.parent, traceState: trace.traceState)
        push = OpenSpan(
            "push \(event.type)", kind: .internal, context: pushContext, parent: context,
            traceState: trace.traceState, attributes: event.attributes)
    }

    consuming func end(_ outcome: DeliveryOutcome, _ tracer: Tracer) {
        switch outcome {
        case .delivered: break
        case .unexpected: push.add("unexpected")
        case .refused(let problem):
            if problem.kind == .tooManyRequests { push.add("held") }
            push.fail(problem.kind.rawValue, problem.kind.title)
        }
        push.end(tracer)
        dispatch.end(status: outcome.problem?.kind.status ?? 200, tracer)
    }
}
