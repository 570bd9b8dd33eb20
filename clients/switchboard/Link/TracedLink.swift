import CloudEvents
import Core
import EventTracing
import Telemetry

/// A link whose requests each have a span, from here to the answer: the gateway's spans stand below it.
final class TracedLink: GatewayLink {
    private let link: any GatewayLink
    private let endpoint: Endpoint
    private let tracer: Tracer
    private var random = RandomSource()
    /// Of the requests that wait, by id; as many as the link lets wait.
    private var spans: [String: OpenSpan] = [:]

    init(_ link: any GatewayLink, endpoint: Endpoint, tracer: Tracer) {
        self.link = link
        self.endpoint = endpoint
        self.tracer = tracer
    }

    var fd: CInt { link.fd }
    var wantsToWrite: Bool { link.wantsToWrite }
    var nextDeadline: MonotonicInstant? { link.nextDeadline }
    var pendingCount: Int { link.pendingCount }
    var oldestPending: MonotonicInstant? { link.oldestPending }
    var sessionStatus: SessionStatus? { link.sessionStatus }

    func request(type: String, data: [UInt8]?, traceparent: String?) throws(EventError) -> String {
        let context = tracer.begin(random: &random)
        let traceparent = tracer.inject(context).isValid ? context.traceparent : nil
        guard tracer.records(context) else {
            return try link.request(type: type, data: data, traceparent: traceparent)
        }
        var span = OpenSpan(
            type, kind: .client, context: context, parent: .none,
            attributes: [
                SpanAttribute("server.address", .string(endpoint.host)),
                SpanAttribute("server.port", .integer(Int(endpoint.port))),
            ])
        let id = try link.request(type: type, data: data, traceparent: traceparent)
        let event = EventIdentity(id: id, type: type, correlationID: link.sessionStatus?.correlationID ?? "")
        for attribute in event.attributes { span.set(attribute.key, attribute.value) }
        spans[id] = span
        return id
    }

    func advance() -> [LinkEvent] {
        let events = link.advance()
        for event in events { note(event) }
        return events
    }

    private func note(_ event: LinkEvent) {
        switch event {
        case .answer(let answer):
            if link.sessionStatus == nil, let id = answer.event.correlationID {
                spans[answer.id]?.set("correlation_id", .string(id))
            }
            end(answer.id, nil)
        case .problem(let id?, let problem): end(id, problem.title, status: problem.status)
        case .lost(let why, _):
            for id in spans.keys { spans[id]?.add("connection-lost", [SpanAttribute("reason", .string(why))]) }
        case .resumed: for id in spans.keys { spans[id]?.add("resumed") }
        case .ended(let why): for id in Array(spans.keys) { end(id, why) }
        case .problem, .opened, .push, .retrying, .renewed, .gap: break
        }
    }

    /// - Parameter status: of the problem, if the gateway told it.
    private func end(_ id: String, _ problem: String?, status: Int? = nil) {
        guard var span = spans.removeValue(forKey: id) else { return }
        if let problem { span.fail(status.map(String.init) ?? "no_answer", problem) }
        span.end(tracer)
    }

    func expire(now: MonotonicInstant, timeoutMilliseconds: UInt64) -> [String] {
        let late = link.expire(now: now, timeoutMilliseconds: timeoutMilliseconds)
        for id in late { end(id, "no answer in time") }
        return late
    }

    func drop() -> Bool { link.drop() }

    func close() {
        link.close()
        for id in Array(spans.keys) { end(id, "not waited for") }
    }
}
