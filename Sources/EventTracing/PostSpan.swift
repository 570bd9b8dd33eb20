import Core
import Telemetry

/// The client's span of an event that goes to another tier in a POST, maybe more than once. It begins when it first goes.
public struct PostSpan {
    /// What the event carries.
    public let context: TraceContext
    private let event: EventIdentity
    private let url: String
    private let parent: TraceContext
    private let traceState: String?
    private var open: OpenSpan?
    private var posts = 0

    public init(
        _ event: EventIdentity, url: String, context: TraceContext, parent: TraceContext, traceState: String?
    ) {
        self.event = event
        self.url = url
        self.context = context
        self.parent = parent
        self.traceState = traceState
    }

    public var hasBegun: Bool { open != nil }

    /// It goes out, maybe not for the first time.
    public mutating func posting() {
        posts += 1
        guard open != nil else {
            open = HTTPSpan.client(event, url: url, context: context, parent: parent, traceState: traceState)
            return
        }
        open?.add("retry", [SpanAttribute("http.request.resend_count", .integer(posts - 1))])
    }

    public mutating func add(_ event: StaticString) { open?.add(event) }

    /// The event is settled; once. - Parameters:
    ///   - status: of the response, if there was one.
    ///   - failure: what kind, and in words; nil if there was none.
    public mutating func end(status: Int?, failure: (type: String, text: String)?, _ tracer: Tracer) {
        guard var span = open.take() else { return }
        if let status { span.set("http.response.status_code", .integer(status)) }
        if posts > 1 { span.set("http.request.resend_count", .integer(posts - 1)) }
        if let failure { span.fail(failure.type, failure.text) }
        span.end(tracer)
    }
}
