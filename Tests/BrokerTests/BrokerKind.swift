import Broker
import Core
import Testing

/// The brokers that have to keep the contract.
enum BrokerKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inMemory = "in memory"
    case rabbitMQ = "RabbitMQ"

    var testDescription: String { rawValue }
}
