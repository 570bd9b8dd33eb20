import CloudEvents
import Core
import EventTracing
import Telemetry

/// The spans of one event while its client waits: what the client sees, and the way to the dispatcher below it. Either can
/// end first: an answer may be back before the dispatcher has said that it has the event. On its loop's thread.
final class RequestSpans {
    let event: EventIdentity
    /// Of what the client sees.
    let context: TraceContext
    private let tracer: Tracer
    private var receive: OpenSpan?
    private var forward: PostSpan

    init(_ event: EventIdentity, receive: OpenSpan, forwardContext: TraceContext, url: String, _ tracer: Tracer) {
        self.event = event
        context = receive.context
        self.receive = receive
        forward = PostSpan(
            event, url: url, context: forwardContext, parent: receive.context, traceState: receive.traceState)
        self.tracer = tracer
    }

    /// Of the way to the dispatcher: what the event carries.
    var forwardContext: TraceContext { forward.context }

    /// It goes out, maybe not for the first time.
    func forwarding() { forward.posting() }

    /// What the dispatcher made of it. - Parameters:
    ///   - status: of its response; nil if there was none.
    ///   - problem: nil if the broker has the event.
    func forwarded(_ problem: Problem?, status: Int?) {
        forward.end(status: status, failure: problem.map { ($0.kind.rawValue, $0.kind.title) }, tracer)
    }

    /// The client has its answer, or its one error.
    func answered(_ problem: Problem?) {
        guard var span = receive.take() else { return }
        if let problem {
            if problem.kind == .deadlinePassed { span.add("deadline") }
            span.fail(problem.kind.rawValue, problem.kind.title)
        }
        span.end(tracer)
    }

    /// Nobody waits for the answer any more.
    func abandoned() {
        receive?.add("abandoned")
        answered(nil)
    }
}
