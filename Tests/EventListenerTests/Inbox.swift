import Broker
import CloudEvents
import Core

/// Collects and acknowledges deliveries.
final class Inbox: Sendable {
    private let messages = Mutex<[DeliveredMessage]>([])
    /// Weak: the broker keeps the handler that keeps the inbox.
    private weak let broker: (any MessageBroker)?

    private let ignoresDeadLetters: Bool

    /// - Parameter ignoringDeadLetters: the responses queue gets a copy of each, for the dispatcher.
    init(acknowledging broker: any MessageBroker, ignoringDeadLetters: Bool) {
        self.broker = broker
        ignoresDeadLetters = ignoringDeadLetters
    }

    func receive(_ batch: [DeliveredMessage]) {
        let isIgnored = { [ignoresDeadLetters] (message: DeliveredMessage) in
            ignoresDeadLetters && message.exchange == StandardTopology.deadLetterExchange
        }
        messages.withLock { $0 += batch.filter { !isIgnored($0) } }
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
