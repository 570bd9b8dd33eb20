/// Where events go: an exchange and a routing key, and how they travel. Compared by identity: events posted for the same
/// object travel together, so make one per entry of a routing table and keep it.
public final class BrokerRoute: Sendable {
    /// Of an exchange's name and of a routing key, as UTF-8: AMQP short strings (AMQP 0-9-1 §4.2.5.3).
    public static let nameBytesMax = 255

    public let exchange: String
    public let routingKey: String
    /// The broker writes it to disk (delivery mode 2).
    public let isPersistent: Bool
    /// The broker returns it if no queue takes it (AMQP 0-9-1 `mandatory`): outcome `.unroutable` instead of silence.
    public let isMandatory: Bool
    /// The most events in one message; 1 turns batching off.
    public let batchEventsMax: Int
    /// The most bytes of one message's body. A single event beyond it goes alone.
    public let batchBytesMax: Int

    public init(
        exchange: String, routingKey: String, isPersistent: Bool = true, isMandatory: Bool = true,
        batchEventsMax: Int = 256, batchBytesMax: Int = 128 << 10
    ) {
        precondition(batchEventsMax > 0 && batchBytesMax > 0, "a batch holds at least one event")
        precondition(
            exchange.utf8.count <= Self.nameBytesMax && routingKey.utf8.count <= Self.nameBytesMax,
            "AMQP short strings have 255 bytes")
        self.exchange = exchange
        self.routingKey = routingKey
        self.isPersistent = isPersistent
        self.isMandatory = isMandatory
        self.batchEventsMax = batchEventsMax
        self.batchBytesMax = batchBytesMax
    }
}
