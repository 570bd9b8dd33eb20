/// A message taken from a queue: to be acknowledged or rejected by its tag.
public struct DeliveredMessage: Sendable {
    public let tag: DeliveryTag
    public let body: [UInt8]
    public let contentType: String
    /// It was delivered before, to this or another consumer.
    public let isRedelivered: Bool
    /// How often it was delivered before and came back (`x-delivery-count`; 0 on queues that don't count).
    public let deliveryCount: Int
    public let exchange: String
    public let routingKey: String
    public let traceparent: String?
    public let tracestate: String?

    /// Whether the body is a JSON array of events instead of one event.
    public var isBatch: Bool { contentType == ContentType.batch }
}
