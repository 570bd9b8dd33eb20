import CloudEvents
import Core
import Telemetry

/// Spans of events that go through the broker (semantic conventions for messaging, and for RabbitMQ).
public enum MessagingSpan {
    /// An event on its way to an exchange, until the broker has confirmed it.
    public static func send(
        _ event: EventIdentity, exchange: String, routingKey: String, context: TraceContext, parent: TraceContext,
        traceState: String?
    ) -> OpenSpan {
        let destination = "\(exchange):\(routingKey)"
        return OpenSpan(
            "send \(destination)", kind: .producer, context: context, parent: parent, traceState: traceState,
            attributes: attributes("send", destination, routingKey, event))
    }

    /// An event that came from a queue, while it is worked on. The producer is its parent, and linked.
    public static func process(
        _ event: EventIdentity, exchange: String, routingKey: String, queue: String, context: TraceContext,
        parent: TraceContext, traceState: String?
    ) -> OpenSpan {
        let destination =
            queue == routingKey ? "\(exchange):\(routingKey)" : "\(exchange):\(routingKey):\(queue)"
        return OpenSpan(
            "process \(destination)", kind: .consumer, context: context, parent: parent, traceState: traceState,
            attributes: attributes("process", destination, routingKey, event),
            links: parent.isValid ? [SpanLink(parent)] : [])
    }

    private static func attributes(
        _ operation: String, _ destination: String, _ routingKey: String, _ event: EventIdentity
    ) -> [SpanAttribute] {
        event.attributes + [
            SpanAttribute("messaging.system", .string("rabbitmq")),
            SpanAttribute("messaging.operation.name", .string(operation)),
            SpanAttribute("messaging.operation.type", .string(operation)),
            SpanAttribute("messaging.destination.name", .string(destination)),
            SpanAttribute("messaging.rabbitmq.destination.routing_key", .string(routingKey)),
            SpanAttribute("messaging.message.id", .string(event.id)),
            SpanAttribute("messaging.message.conversation_id", .string(event.correlationID)),
        ]
    }
}
