import Broker
import CloudEvents
import Core
import EventTracing
import Telemetry

/// The spans of an answer: taken from the broker, and below that posted to public-web. On the loop's thread.
final class AnswerSpans {
    let event: EventIdentity
    /// What the event carries when it is posted.
    let context: TraceContext
    private let url: String
    private let tracer: Tracer
    private var process: OpenSpan?
    private var post: OpenSpan?
    private var posts = 0

    init(
        _ event: EventIdentity, bytes: Int, _ trace: EventTrace, of message: DeliveredMessage, url: String,
        context: TraceContext,
        postContext: TraceContext, _ tracer: Tracer
    ) {
        self.event = event
        self.context = postContext
        self.url = url
        self.tracer = tracer
        process = MessagingSpan.process(
            event, bytes: bytes, exchange: message.exchange, routingKey: message.routingKey,
            queue: StandardTopology.responsesQueue, deliveryTag: message.tag.number,
            deliveries: message.isRedelivered ? message.deliveryCount : nil, context: context, parent: trace.parent,
            traceState: trace.traceState)
    }

    var processContext: TraceContext { process?.context ?? context }

    /// It goes out, maybe not for the first time.
    func posting() {
        posts += 1
        if post != nil {
            post?.add("retry", [SpanAttribute("http.request.resend_count", .integer(posts - 1))])
        } else if let process {
            post = HTTPSpan.client(
                event, url: url, context: context, parent: process.context, traceState: process.traceState)
        }
    }

    /// The session takes nothing for the moment: the answer waits, and is offered again.
    func held() { post?.add("held") }

    /// It goes to the dead letters.
    func deadLettered(_ reason: String) {
        process?.add("dead-lettered")
        end(status: nil, failure: reason)
    }

    /// - Parameter status: that public-web answered for it.
    func end(status: Int?, failure: String? = nil) {
        if var post = post.take() {
            if let status { post.set("http.response.status_code", .integer(status)) }
            if posts > 1 { post.set("http.request.resend_count", .integer(posts - 1)) }
            if let failure { post.fail(failure, failure) }
            post.end(tracer)
        }
        if var process = process.take() {
            if let failure { process.fail(failure, failure) }
            process.end(tracer)
        }
    }
}
