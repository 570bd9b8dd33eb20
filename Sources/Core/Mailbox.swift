/// A bounded queue from any thread to one: the only way into a thread that owns state. The receiver is woken only when
/// the queue was empty, and takes everything at once by swapping arrays.
public final class Mailbox<Message: Sendable>: Sendable {
    /// What became of a message.
    public enum PostResult: Sendable { case posted, full }

    public let messagesMax: Int
    private let waiting = Mutex<[Message]>([])
    private let wake: @Sendable () -> Void

    /// - Parameter wake: called on the posting thread when the queue stops being empty; it must not block.
    public init(messagesMax: Int, wake: @escaping @Sendable () -> Void) {
        self.messagesMax = messagesMax
        self.wake = wake
    }

    /// From any thread. `.full` leaves the message with the caller, who has to answer for it.
    public func post(_ message: Message) -> PostResult {
        var wasEmpty = false
        let isFull = waiting.withLock { waiting -> Bool in
            if waiting.count >= messagesMax { return true }
            wasEmpty = waiting.isEmpty
            waiting.append(message)
            return false
        }
        if isFull { return .full }
        if wasEmpty { wake() }
        return .posted
    }

    /// On the receiving thread: swaps what waits with `batch`, which must be empty and whose storage is used again.
    public func take(into batch: inout [Message]) {
        precondition(batch.isEmpty)
        waiting.withLock { swap(&$0, &batch) }
    }

    public var count: Int { waiting.withLock { $0.count } }
}
