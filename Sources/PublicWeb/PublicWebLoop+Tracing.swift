import CloudEvents
import Core
import EventTracing
import Sessions
import Telemetry

/// The spans of events on their way through public-web.
extension PublicWebLoop {
    /// Joins the event's trace, or that of the request it came with, or begins one.
    func beginTrace(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ generated: UUIDv7?,
        _ correlationID: CorrelationID, _ owner: any RequestOwner, _ arrival: Arrival
    ) -> OutgoingTrace {
        let tracer = shared.tracer
        let own = tracer.extract(envelope.value(.traceparent, in: bytes))
        // An event may be older than the request, and of another trace; in the same one, the request's span is nearer.
        let isRequests = !own.isValid || own.isSameTrace(as: arrival.trace.context)
        let parent = isRequests ? arrival.trace.context : own
        let context = tracer.declines(parent) ? parent : tracer.begin(parent: parent, random: &random)
        guard !tracer.declines(parent), tracer.records(context) else {
            // What the event says of itself goes on as it is.
            return OutgoingTrace(own.isValid ? nil : context, isOwn: false, arrival.trace, nil, envelope, tracer)
        }
        let event = identity(bytes, envelope, generated, correlationID)
        let traceState = isRequests ? arrival.trace.traceState : envelope.string(.tracestate, in: bytes)
        var receive = OpenSpan(
            "receive \(event.type)", kind: arrival.isOverHTTP ? .internal : .server, context: context, parent: parent,
            traceState: traceState, attributes: event.attributes)
        if arrival.isOverHTTP {
            if !isRequests { receive.link(to: arrival.trace.context) }
        } else {
            receive.set("network.protocol.name", .string("websocket"))
            if let session = owner as? Session, let handshake = handshakes[session.connection] {
                receive.link(to: handshake)
            }
        }
        let forwardContext = tracer.begin(parent: context, random: &random)
        let spans = RequestSpans(
            event, receive: receive, forwardContext: forwardContext, url: poster.url, tracer)
        return OutgoingTrace(forwardContext, isOwn: !isRequests, arrival.trace, spans, envelope, tracer)
    }

    func identity(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ generated: UUIDv7?, _ correlationID: CorrelationID
    ) -> EventIdentity {
        EventIdentity(
            id: generated?.text ?? envelope.string(.id, in: bytes) ?? "",
            type: envelope.string(.type, in: bytes) ?? "", correlationID: correlationID.text)
    }

    /// An event that is not taken has a span all the same, which says why.
    func refused(
        _ problem: Problem, _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ owner: any RequestOwner,
        _ arrival: Arrival
    ) -> Acceptance {
        if let spans = beginTrace(bytes, envelope, nil, owner.correlationID, owner, arrival).spans {
            log(problem, spans)
            spans.answered(problem)
        }
        return .refused(problem)
    }

    /// The handshake's span ends with the answer to it, and what the client sends is linked to it.
    func endHandshake(_ request: ConnectionRequest, of session: Session) {
        guard var span = request.handshake else { return }
        handshakes[session.connection] = span.context
        span.set("correlation_id", .string(session.correlationID.text))
        shared.logger.step(
            "session joined", context: span.context, ["correlation_id": .string(session.correlationID.text)])
        if case .webSocket = request.kind {
            span.end(status: 101, shared.tracer)
        } else {
            span.end(status: 200, shared.tracer)
        }
    }

    /// The spans of a request that is about to end: who takes them ends them.
    func takeSpans(of request: PendingRequests.RequestID) -> RequestSpans? {
        let handle = sessions.pending.trace(of: request)
        guard handle != 0 else { return nil }
        sessions.pending.setTrace(0, of: request)
        return requestSpans.remove(handle)
    }

    /// Ends the spans of requests whose clients are gone.
    func endAbandonedSpans() {
        for handle in sessions.pending.takeAbandonedTraces() { requestSpans.remove(handle)?.abandoned() }
    }

    func log(_ problem: Problem, _ spans: RequestSpans) {
        shared.logger.step(
            "event failed", context: spans.context, spans.event.fields(reason: problem.kind.rawValue))
    }

    // MARK: Answers

    /// The spans of an event that the dispatcher brings; nil if they are not recorded.
    func beginDelivery(_ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer) -> DeliverySpans? {
        let trace = EventTrace(envelope, in: bytes, shared.tracer)
        guard trace.parent.isValid, !shared.tracer.declines(trace.parent) else { return nil }
        let context = shared.tracer.begin(parent: trace.parent, random: &random)
        return DeliverySpans(
            EventIdentity(envelope, in: bytes), trace, context: context,
            pushContext: shared.tracer.begin(parent: context, random: &random))
    }

    func endDelivery(_ spans: consuming DeliverySpans, _ outcome: DeliveryOutcome) {
        let (context, event) = (spans.pushContext, spans.event)
        switch outcome {
        case .delivered: shared.logger.step("event delivered", context: context, event.fields)
        case .unexpected: shared.logger.step("event dropped", context: context, event.fields(reason: "unexpected"))
        case .refused(let problem):
            shared.logger.step(
                "event not delivered", context: context, event.fields(reason: problem.kind.rawValue))
        }
        spans.end(outcome, shared.tracer)
    }
}
