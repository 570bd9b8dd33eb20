import CloudEvents
import Core
import EventTracing
import HTTPServer
import Telemetry

/// The spans of an event on its way to the broker: `POST /events`, and the publishing below it. On the loop's thread.
final class PublishSpans {
    let event: EventIdentity
    /// What the event carries when it is published.
    let context: TraceContext
    private var post: OpenSpan?
    private var send: OpenSpan?

    init(
        _ event: EventIdentity, bytes: Int, _ trace: EventTrace, route: (exchange: String, routingKey: String)?,
        context: TraceContext, sendContext: TraceContext
    ) {
        self.event = event
        self.context = route == nil ? context : sendContext
        post = HTTPSpan.server(
            event, route: "/events", context: context, parent: trace.parent, traceState: trace.traceState)
        guard let route else { return }
        send = MessagingSpan.send(
            event, bytes: bytes, exchange: route.exchange, routingKey: route.routingKey, context: sendContext,
            parent: context,
            traceState: trace.traceState)
    }

    /// The broker refused it for the moment.
    func retry() { send?.add("retry") }

    /// - Parameter problem: nil if the broker has the event.
    func end(_ problem: Problem?, _ tracer: Tracer) {
        if var send = send.take() {
            if let problem {
                if problem.kind == .noListener { send.add("returned") }
                if problem.kind == .deadlinePassed { send.add("deadline") }
                send.fail(problem.kind.rawValue, problem.kind.title)
            }
            send.end(tracer)
        }
        if let post = post.take() {
            post.end(status: problem?.kind.status ?? 202, tracer)
        }
    }
}
