/// Leads what is published to an exchange into a queue.
public struct Binding: Equatable, Sendable {
    public let exchange: String
    public let queue: String
    /// On a topic exchange a pattern: words separated by dots, `*` for one word, `#` for any number of words.
    public let routingKey: String

    public init(exchange: String, queue: String, routingKey: String) {
        self.exchange = exchange
        self.queue = queue
        self.routingKey = routingKey
    }
}
