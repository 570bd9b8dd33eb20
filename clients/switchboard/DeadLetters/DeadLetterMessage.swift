import Broker

/// A message among the dead letters while its events are dealt with.
final class DeadLetterMessage {
    let message: DeliveredMessage
    let letters: [DeadLetter]
    /// By index: those that are to leave the queue.
    var removed: Set<Int> = []
    /// Events that are being published again.
    var underWay = 0

    init(_ message: DeliveredMessage) {
        self.message = message
        letters = DeadLetter.all(of: message)
    }

    var kept: [DeadLetter] { letters.indices.filter { !removed.contains($0) }.map { letters[$0] } }
}
