import CloudEvents
import Core
import Telemetry

/// Spans of events that go through the broker (semantic conventions for messaging, and for RabbitMQ).
public enum MessagingSpan {
    /// An event on its way to an exchange, until the broker has confirmed it.
    /// - Parameter bytes: of the event.
    public static func send(
        _ event: EventIdentity, bytes: Int, exchange: String, routingKey: String, context: TraceContext,
        parent: TraceContext,
        traceState: String?
    ) -> OpenSpan {
        let destination = "\(exchange):\(routingKey)"
        return OpenSpan(
            "send \(destination)", kind: .producer, context: context, parent: parent, traceState: traceState,
            attributes: attributes("send", destination, routingKey, event, bytes))
    }

    /// An event that came from a queue, while it is worked on. The producer is its parent, and linked.
    /// - Parameters:
    ///   - bytes: of the event.
    ///   - deliveries: how often its message was delivered before; nil if it was not.
    public static func process(
        _ event: EventIdentity, bytes: Int, exchange: String, routingKey: String, queue: String, deliveryTag: UInt64,
        deliveries: Int?, context: TraceContext, parent: TraceContext, traceState: String?
    ) -> OpenSpan {
        let destination =
            queue == routingKey ? "\(exchange):\(routingKey)" : "\(exchange):\(routingKey):\(queue)"
        var span = OpenSpan(
            "process \(destination)", kind: .consumer, context: context, parent: parent, traceState: traceState,
            attributes: attributes("process", destination, routingKey, event, bytes),
            links: parent.isValid ? [SpanLink(parent)] : [])
        span.set("messaging.rabbitmq.message.delivery_tag", .integer(Int(clamping: deliveryTag)))
        if let deliveries { span.add("redelivered", [SpanAttribute("delivery_count", .integer(deliveries))]) }
        return span
    }

    private static func attributes(
        _ operation: String, _ destination: String, _ routingKey: String, _ event: EventIdentity, _ bytes: Int
    ) -> [SpanAttribute] {
        var attributes =
            event.attributes + [
                SpanAttribute("messaging.system", .string("rabbitmq")),
                SpanAttribute("messaging.operation.name", .string(operation)),
                SpanAttribute("messaging.operation.type", .string(operation)),
                SpanAttribute("messaging.destination.name", .string(destination)),
                SpanAttribute("messaging.rabbitmq.destination.routing_key", .string(routingKey)),
                SpanAttribute("messaging.message.id", .string(event.id)),
                SpanAttribute("messaging.message.body.size", .integer(bytes)),
            ]
        if !event.correlationID.isEmpty {
            attributes.append(SpanAttribute("messaging.message.conversation_id", .string(event.correlationID)))
        }
        return attributes
    }
}
