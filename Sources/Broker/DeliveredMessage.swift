/// A message taken from a queue: to be acknowledged or rejected by its tag.
public struct DeliveredMessage: Sendable {
    public let tag: DeliveryTag
    public let body: [UInt8]
    public let contentType: String
    /// It was delivered before, to this or another consumer.
    public let isRedelivered: Bool
    /// How often it was delivered before and came back (`x-delivery-count`; 0 on queues that don't count).
    public let deliveryCount: Int
    /// How often it came back as part of another message, out of which it was published again alone.
    public let earlierDeliveries: Int
    public let exchange: String
    public let routingKey: String
    public let traceparent: String?
    public let tracestate: String?
    /// When it was published, as the publisher says: seconds since 1970-01-01T00:00:00Z.
    public let timestampSeconds: UInt64?
    /// Why it is a dead letter; nil if it never died.
    public let death: DeathRecord?

    /// How often its events came back in all.
    public var returns: Int { deliveryCount + earlierDeliveries }

    /// The same delivery with other events.
    public func replacing(body: [UInt8], contentType: String) -> DeliveredMessage {
        DeliveredMessage(
            tag: tag, body: body, contentType: contentType, isRedelivered: isRedelivered, deliveryCount: deliveryCount,
            earlierDeliveries: earlierDeliveries, exchange: exchange, routingKey: routingKey, traceparent: traceparent,
            tracestate: tracestate, timestampSeconds: timestampSeconds, death: death)
    }

    /// Whether the body is a JSON array of events instead of one event.
    public var isBatch: Bool { contentType == ContentType.batch }
}
