/// A queue to be declared.
public struct Queue: Equatable, Sendable {
    /// A quorum queue is replicated over a cluster, counts deliveries, and is always durable.
    public enum Kind: String, Sendable { case quorum, classic }

    public let name: String
    public let kind: Kind
    public let isDurable: Bool
    /// Where rejected, expired and over-delivered messages go, under the routing key they came with.
    public let deadLetterExchange: String?
    /// How often a message may come back before it is dead-lettered. Quorum queues only.
    public let deliveryLimit: Int?
    public let messageTTLMilliseconds: Int?
    /// Beyond it the oldest message is dead-lettered.
    public let lengthMax: Int?

    public init(
        name: String, kind: Kind = .quorum, isDurable: Bool = true, deadLetterExchange: String? = nil,
        deliveryLimit: Int? = nil, messageTTLMilliseconds: Int? = nil, lengthMax: Int? = nil
    ) {
        precondition(kind == .classic || isDurable, "a quorum queue is durable")
        precondition(kind == .quorum || deliveryLimit == nil, "a classic queue has no delivery limit")
        self.name = name
        self.kind = kind
        self.isDurable = isDurable
        self.deadLetterExchange = deadLetterExchange
        self.deliveryLimit = deliveryLimit
        self.messageTTLMilliseconds = messageTTLMilliseconds
        self.lengthMax = lengthMax
    }
}
