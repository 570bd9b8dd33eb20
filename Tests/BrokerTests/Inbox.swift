import Broker
import Core

/// Collects deliveries. It can be read from the test's thread.
final class Inbox: Sendable {
    private let messages = Mutex<[DeliveredMessage]>([])
    /// Weak: the broker keeps the handler that keeps the inbox.
    private weak let acknowledging: (any MessageBroker)?

    /// - Parameter acknowledging: where to acknowledge at once; nil to leave that to the test.
    init(_ acknowledging: (any MessageBroker)? = nil) { self.acknowledging = acknowledging }

    func receive(_ batch: [DeliveredMessage]) {
        messages.withLock { $0 += batch }
        if let last = batch.last { acknowledging?.acknowledge(last.tag, multiple: true) }
    }

    var all: [DeliveredMessage] { messages.withLock { $0 } }
    var count: Int { messages.withLock { $0.count } }
    var bodies: [String] { all.map { String(decoding: $0.body, as: UTF8.self) } }

    /// The events of all messages, in order; each body must be one event or a batch, as its content type says. For events
    /// without commas.
    var events: [String] {
        all.flatMap { message -> [String] in
            let text = String(decoding: message.body, as: UTF8.self)
            guard message.isBatch else { return [text] }
            return text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
