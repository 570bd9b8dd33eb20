import Broker
import Core

/// Collects and acknowledges deliveries.
final class Inbox: Sendable {
    private let messages = Mutex<[DeliveredMessage]>([])
    /// Weak: the broker keeps the handler that keeps the inbox.
    private weak let broker: (any MessageBroker)?

    init(acknowledging broker: any MessageBroker) { self.broker = broker }

    func receive(_ batch: [DeliveredMessage]) {
        messages.withLock { $0 += batch }
        for message in batch { broker?.acknowledge(message.tag, multiple: false) }
    }

    var all: [DeliveredMessage] { messages.withLock { $0 } }
    /// Without the hop that the dispatcher adds in front, whose time is never the same.
    var events: [String] {
        guard let hop = try? Regex(#"^\{"servertiming":"dispatcher;dur=[0-9.]+","#) else { return [] }
        return bodies.map { $0.replacing(hop, with: "{") }
    }
    /// Why the dispatcher says that it has parked the message.
    func reason(of body: String) -> String? { all.first { $0.body.elementsEqual(body.utf8) }?.death?.reason }

    var bodies: [String] { all.map { String(decoding: $0.body, as: UTF8.self) } }
}
