import Broker
import Core

/// What is published together, and what is settled by it: messages, and parts of messages.
struct AnswerSlice {
    /// A slow handler's answers go out one by one, a fast one's together.
    static let millisecondsMax: UInt64 = 20

    var answers: AnswerBatch
    /// Events whose time was over.
    var dead: [PublishGroup] = []
    /// Of messages that end in this slice.
    var tags: [DeliveryTag] = []
    /// Of those that begin before this slice or go on after it; each waits for this slice's outcome.
    var parts: [JointSettlement] = []
    private let beganAt = SystemClock.monotonic()

    /// - Parameter requestBytes: of all events to be answered.
    init(requestBytes: Int) { answers = AnswerBatch(requestBytes: requestBytes) }

    var isEmpty: Bool { tags.isEmpty && parts.isEmpty }

    var isDue: Bool { SystemClock.monotonic().milliseconds(since: beganAt) >= Self.millisecondsMax }
}
