import Core
import HTTPClient

/// An answer on its way to the public-web instance that waits for it.
struct AnswerToken: PosterToken {
    let delivery: UInt64
    /// The delivered message's body, shared by its events, and this event's place in it.
    let body: [UInt8]
    let extent: Range<Int>
    /// Where in the event the value of `servertiming` stands.
    let timing: Range<Int>?
    /// It has a `servertiming` that is null: the value can't be put in by itself.
    let isTimingNull: Bool
    let consumedAt: MonotonicInstant
    let retryUntil: MonotonicInstant
    let destination: Destination
    /// Nil if the answer is not sampled.
    let spans: AnswerSpans?
    /// A hash of the place that it goes to, which answers for the same session share.
    let session: Int
    /// How often it was offered to a session that did not take it.
    var offers = 0
}
