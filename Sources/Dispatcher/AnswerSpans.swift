import Broker
import CloudEvents
import Core
import EventTracing
import Telemetry

/// The spans of an answer: taken from the broker, and below that posted to public-web. On the loop's thread.
final class AnswerSpans {
    let event: EventIdentity
    let processContext: TraceContext
    private let tracer: Tracer
    private var process: OpenSpan?
    private var post: PostSpan

    init(_ event: EventIdentity, process: OpenSpan, postContext: TraceContext, url: String, _ tracer: Tracer) {
        self.event = event
        processContext = process.context
        self.process = process
        post = PostSpan(
            event, url: url, context: postContext, parent: process.context, traceState: process.traceState)
        self.tracer = tracer
    }

    /// What the event carries when it is posted.
    var context: TraceContext { post.context }

    /// It goes out, maybe not for the first time.
    func posting() { post.posting() }

    /// The session takes nothing for the moment: the answer waits, and is offered again.
    func held() {
        if post.hasBegun { post.add("held") } else { process?.add("held") }
    }

    /// It goes to the dead letters.
    func deadLettered(_ reason: String) {
        process?.add("dead-lettered")
        end(status: nil, failure: reason)
    }

    /// - Parameters:
    ///   - status: of the response that public-web gave for all of a POST's events.
    ///   - failure: what became of this one, if it was not taken.
    func end(status: Int?, failure: String?) {
        post.end(status: status, failure: failure.map { ($0, $0) }, tracer)
        guard var process = process.take() else { return }
        if let failure { process.fail(failure, failure) }
        process.end(tracer)
    }
}
