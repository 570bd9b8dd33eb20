/// Why a message is among the dead letters, and where it was to go.
public struct DeathRecord: Equatable, Sendable {
    /// RabbitMQ's `rejected`, `expired`, `maxlen`, `delivery_limit`; or a word of who parked it there.
    public var reason: String
    /// The queue it was taken out of.
    public var queue: String
    /// What it was published to; the default exchange has an empty name.
    public var exchange: String
    public var routingKey: String
    /// Seconds since 1970-01-01T00:00:00Z.
    public var timeSeconds: UInt64

    public init(reason: String, queue: String, exchange: String, routingKey: String, timeSeconds: UInt64) {
        self.reason = reason
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.timeSeconds = timeSeconds
    }
}
