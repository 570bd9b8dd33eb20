import Broker
import CloudEvents
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
    var bodies: [String] { all.map { String(decoding: $0.body, as: UTF8.self) } }

    /// Of all messages, in order.
    var events: [Event] {
        all.flatMap { message in
            var events: [Event] = []
            message.body.withUnsafeBytes { bytes in
                try? EventBatch.forEach(bytes, rules: .strict) { events.append(Event(copying: $0, from: bytes)) }
            }
            return events
        }
    }
}
