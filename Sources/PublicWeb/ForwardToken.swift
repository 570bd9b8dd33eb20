import Core
import HTTPClient
import Sessions

/// What is remembered of an event on its way to the dispatcher: whom to tell if it does not get there.
struct ForwardToken: PosterToken {
    let owner: UInt64
    let request: PendingRequests.RequestID
    /// The number of the event's timeline.
    let timeline: UInt64
    /// Nil if the event is not sampled.
    let spans: RequestSpans?
    let retryUntil: MonotonicInstant
}
