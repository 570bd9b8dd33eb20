import Core
import TestBroker

/// The RabbitMQ node that is killed, frozen and reconfigured, and what makes a test's names on it its own.
struct MistreatedNode {
    let node: RabbitMQNode
    let suffix: String

    init() throws {
        node = try RabbitMQNode.mistreated.get()
        var random = RandomSource()
        suffix = String(random.next(), radix: 36)
    }
}
