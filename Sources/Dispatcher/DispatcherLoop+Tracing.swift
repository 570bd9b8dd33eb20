import Broker
import CloudEvents
import Core
import EventTracing
import Telemetry

/// The spans of events and answers on their way through the dispatcher.
extension DispatcherLoop {
    /// - Returns: what the event is to carry (`none` leaves it as it came), and its spans if they are recorded.
    func beginTrace(
        _ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, _ route: BrokerRoute?
    ) -> (TraceContext, PublishSpans?) {
        let tracer = shared.tracer
        let trace = EventTrace(envelope, in: bytes, tracer)
        guard !tracer.declines(trace.parent) else { return (.none, nil) }
        let context = tracer.begin(parent: trace.parent, random: &random)
        // A decision not to sample goes on, too: what comes later must not begin a trace of its own.
        guard tracer.records(context) else { return (tracer.inject(context), nil) }
        let sendContext = tracer.begin(parent: context, random: &random)
        let spans = PublishSpans(
            EventIdentity(envelope, in: bytes), bytes: envelope.extent.count, trace,
            route: route.map { ($0.exchange, $0.routingKey) },
            context: context, sendContext: sendContext)
        return (tracer.inject(sendContext), spans)
    }

    func end(_ spans: PublishSpans, _ problem: Problem?) {
        shared.logger.step(
            problem == nil ? "event published" : "event not published", context: spans.context,
            spans.event.fields(reason: problem?.kind.rawValue))
        spans.end(problem, shared.tracer)
    }

    /// The spans of an answer from the broker; nil if they are not recorded.
    /// - Parameter destination: nil if it can't go anywhere.
    func beginAnswer(
        _ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, of message: DeliveredMessage,
        _ destination: Destination?
    ) -> AnswerSpans? {
        let tracer = shared.tracer
        let trace = EventTrace(
            envelope, in: bytes, tracer, headers: message.isBatch ? nil : (message.traceparent, message.tracestate))
        guard !tracer.declines(trace.parent) else { return nil }
        let context = tracer.begin(parent: trace.parent, random: &random)
        guard tracer.records(context) else { return nil }
        let event = EventIdentity(envelope, in: bytes)
        let process = MessagingSpan.process(
            event, bytes: envelope.extent.count, exchange: message.exchange, routingKey: message.routingKey,
            queue: StandardTopology.responsesQueue, deliveryTag: message.tag.number,
            deliveries: message.isRedelivered ? message.deliveryCount : nil, context: context, parent: trace.parent,
            traceState: trace.traceState)
        return AnswerSpans(
            event, process: process, postContext: tracer.begin(parent: context, random: &random),
            url: (destination?.url ?? "") + "/dispatch", tracer)
    }

    func identity(of token: AnswerToken) -> EventIdentity {
        token.body.withUnsafeBytes { bytes in
            // It was scanned when it came from the broker.
            (try? EventEnvelope.scan(bytes, range: token.extent, rules: .strict)).map { EventIdentity($0, in: bytes) }
        } ?? EventIdentity(id: "", type: "", correlationID: "")
    }

    /// - Parameter problem: why nobody took it; nil if it was taken.
    func end(_ token: AnswerToken, _ problem: Problem?, status: Int?) {
        guard let spans = token.spans else { return }
        shared.logger.step(
            problem == nil ? "answer dispatched" : "answer not taken", context: spans.context,
            spans.event.fields(reason: problem?.kind.rawValue))
        spans.end(status: status, failure: problem?.kind.rawValue)
    }
}
