/// The names and arguments all tiers agree on.
public enum StandardTopology {
    /// Where the dispatcher publishes events; services bind their queues to it by routing key.
    public static let eventsExchange = "switchboard.events"
    /// Where services publish answers.
    public static let responsesExchange = "switchboard.responses"
    /// What the dispatcher consumes.
    public static let responsesQueue = "dispatcher.responses"
    public static let deadLetterExchange = "switchboard.dead-letters"
    public static let deadLetterQueue = "switchboard.dead-letters"
    public static let responsesRoutingKey = "response"
    /// Of answers that the dispatcher parks among the dead letters.
    public static let undeliverableRoutingKey = "undeliverable"
    /// Of events that a service parks there because their time is over.
    public static let expiredRoutingKey = "expired"

    public static let responsesDeliveryLimit = 5
    /// Of a service's queue, unless it says otherwise.
    public static let serviceDeliveryLimit = 5
    /// The oldest dead letters are dropped beyond it.
    public static let deadLettersMax = 100_000

    public static func dispatcher() -> Topology {
        Topology(
            exchanges: [
                Exchange(name: eventsExchange, kind: .topic), Exchange(name: responsesExchange, kind: .topic),
                Exchange(name: deadLetterExchange, kind: .topic),
            ],
            queues: [
                Queue(
                    name: responsesQueue, deadLetterExchange: deadLetterExchange, deliveryLimit: responsesDeliveryLimit),
                Queue(name: deadLetterQueue, lengthMax: deadLettersMax),
            ],
            bindings: [
                Binding(exchange: responsesExchange, queue: responsesQueue, routingKey: "#"),
                Binding(exchange: deadLetterExchange, queue: deadLetterQueue, routingKey: "#"),
                // Of what a service failed on the dispatcher tells the client; the letter itself stays.
                Binding(exchange: deadLetterExchange, queue: responsesQueue, routingKey: "#"),
            ])
    }

    /// A service's queue, and all that `dispatcher()` declares: an answer published before any dispatcher was ever
    /// started is kept.
    /// - Parameter bindings: routing keys or patterns on the events exchange.
    public static func service(queue: String, bindings: [String], deliveryLimit: Int = serviceDeliveryLimit) -> Topology
    {
        Topology(
            queues: [Queue(name: queue, deadLetterExchange: deadLetterExchange, deliveryLimit: deliveryLimit)],
            bindings: bindings.map { Binding(exchange: eventsExchange, queue: queue, routingKey: $0) }
        ).merged(with: dispatcher())
    }
}
