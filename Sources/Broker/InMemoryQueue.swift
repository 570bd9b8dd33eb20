import Core

/// A queue of the in-memory hub: what waits, in order. Messages that came back go before all others.
struct InMemoryQueue {
    let declaration: Queue
    private var returned = FIFO<InMemoryMessage>()
    private var waiting = FIFO<InMemoryMessage>()
    var consumers: [UInt64] = []

    init(_ declaration: Queue) { self.declaration = declaration }

    var count: Int { returned.count + waiting.count }

    mutating func append(_ message: InMemoryMessage, now: MonotonicInstant) {
        var message = message
        if let milliseconds = declaration.messageTTLMilliseconds {
            let at = now.advanced(byMilliseconds: UInt64(max(0, milliseconds)))
            message.expiresAt = message.expiresAt.map { min($0, at) } ?? at
        }
        waiting.append(message)
    }

    mutating func putBack(_ message: InMemoryMessage) { returned.append(message) }

    var first: InMemoryMessage? { returned.first ?? waiting.first }

    mutating func popFirst() -> InMemoryMessage? { returned.popFirst() ?? waiting.popFirst() }

    /// When the next message expires. As in RabbitMQ, only the first of a queue does: one behind it waits for its turn.
    var nextExpiry: MonotonicInstant? {
        guard let one = returned.first?.expiresAt else { return waiting.first?.expiresAt }
        return waiting.first?.expiresAt.map { min($0, one) } ?? one
    }

    mutating func popExpired(now: MonotonicInstant) -> InMemoryMessage? {
        if let at = returned.first?.expiresAt, at <= now { return returned.popFirst() }
        if let at = waiting.first?.expiresAt, at <= now { return waiting.popFirst() }
        return nil
    }
}
