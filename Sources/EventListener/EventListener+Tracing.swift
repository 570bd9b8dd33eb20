import Broker
import CloudEvents
import Core
import EventTracing
import Telemetry

/// The spans of events that a service handles, and of its answers.
extension EventListener {
    /// - Returns: what the event is to carry for the handler and its answers (`none` leaves it as it came), and its span
    ///   if that is recorded.
    func begin(
        _ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, of message: DeliveredMessage
    ) -> (TraceContext, OpenSpan?) {
        let trace = EventTrace(
            envelope, in: bytes, tracer, headers: message.isBatch ? nil : (message.traceparent, message.tracestate))
        guard !tracer.declines(trace.parent) else { return (.none, nil) }
        let context = RandomSource.withShared { tracer.begin(parent: trace.parent, random: &$0) }
        // A decision not to sample goes on, too: the answer must not begin a trace of its own.
        guard tracer.records(context) else { return (tracer.inject(context), nil) }
        let span = MessagingSpan.process(
            EventIdentity(envelope, in: bytes), bytes: envelope.extent.count, exchange: message.exchange,
            routingKey: message.routingKey, queue: queue, deliveryTag: message.tag.number,
            deliveries: message.isRedelivered ? message.deliveryCount : nil, context: context, parent: trace.parent,
            traceState: trace.traceState)
        return (tracer.inject(context), span)
    }

    /// The span of an answer's publishing, until the broker has confirmed it.
    func beginSend(_ answer: Event, below span: OpenSpan) -> OpenSpan {
        let context = RandomSource.withShared { tracer.begin(parent: span.context, random: &$0) }
        let event = EventIdentity(id: answer.id, type: answer.type, correlationID: answer.correlationID ?? "")
        return MessagingSpan.send(
            event, bytes: answer.bytes.count, exchange: StandardTopology.responsesExchange,
            routingKey: StandardTopology.responsesRoutingKey,
            context: context, parent: span.context, traceState: span.traceState)
    }

    func end(_ spans: [OpenSpan], _ outcome: PublishOutcome) {
        for var span in spans {
            if outcome == .unroutable { span.add("returned") }
            if outcome != .confirmed { span.fail(outcome.rawValue, "the broker did not confirm the answer") }
            span.end(tracer)
        }
    }
}
