import Broker
import CloudEvents
import Core
import EventTracing
import Telemetry

/// The spans of events that a service handles, and of its answers.
extension EventListener {
    /// Nil if the event's trace is not recorded.
    func begin(
        _ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, of message: DeliveredMessage
    ) -> OpenSpan? {
        let trace = EventTrace(
            envelope, in: bytes, tracer, headers: message.isBatch ? nil : (message.traceparent, message.tracestate))
        guard !tracer.declines(trace.parent) else { return nil }
        let context = RandomSource.withShared { tracer.begin(parent: trace.parent, random: &$0) }
        guard tracer.records(context) else { return nil }
        return MessagingSpan.process(
            EventIdentity(envelope, in: bytes), bytes: envelope.extent.count, exchange: message.exchange,
            routingKey: message.routingKey, queue: queue, deliveryTag: message.tag.number,
            deliveries: message.isRedelivered ? message.deliveryCount : nil, context: context, parent: trace.parent,
            traceState: trace.traceState)
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
            if outcome != .confirmed { span.fail(outcome.rawValue, "the broker did not confirm the answer") }
            span.end(tracer)
        }
    }
}
