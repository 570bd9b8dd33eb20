import CloudEvents
import Core
import EventTracing
import HTTPServer
import Telemetry
import Tiers

/// The spans of one event while its client waits: what the client sees, and the way to the dispatcher below it. Either can
/// end first: an answer may be back before the dispatcher has said that it has the event. On its loop's thread.
final class RequestSpans {
    let event: EventIdentity
    /// Of what the client sees.
    let context: TraceContext
    /// Of the way to the dispatcher: what the event carries.
    let forwardContext: TraceContext
    private let url: String
    private let tracer: Tracer
    private var receive: OpenSpan?
    private var forward: OpenSpan?
    private var posts = 0

    init(_ event: EventIdentity, receive: OpenSpan, forwardContext: TraceContext, url: String, _ tracer: Tracer) {
        self.event = event
        context = receive.context
        self.receive = receive
        self.forwardContext = forwardContext
        self.url = url
        self.tracer = tracer
    }

    /// It goes out, maybe not for the first time.
    func forwarding() {
        posts += 1
        if posts > 1 {
            forward?.add("retry", [SpanAttribute("http.request.resend_count", .integer(posts - 1))])
        } else if let receive {
            forward = HTTPSpan.client(
                event, url: url, context: forwardContext, parent: receive.context, traceState: receive.traceState)
        }
    }

    /// What the dispatcher made of it. - Parameter problem: nil if the broker has the event.
    func forwarded(_ problem: Problem?) {
        guard var span = forward.take() else { return }
        if posts > 1 { span.set("http.request.resend_count", .integer(posts - 1)) }
        if let problem {
            span.set("http.response.status_code", .integer(problem.kind.status))
            span.fail(problem.kind.rawValue, problem.kind.title)
        } else {
            span.set("http.response.status_code", .integer(202))
        }
        span.end(tracer)
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
