import Core

/// A group on the publishing thread, from being taken there to its outcome.
final class PendingGroup {
    let group: PublishGroup
    let postedAt: MonotonicInstant
    private let completion: @Sendable (PublishOutcome) -> Void
    /// The first event not yet put in a message.
    var nextEvent = 0
    /// Messages that carry some of its events and have no outcome yet.
    var messagesOutstanding = 0
    private(set) var outcome = PublishOutcome.confirmed
    private(set) var isSettled = false

    init(_ posted: PostedGroup) {
        group = posted.group
        completion = posted.completion
        postedAt = posted.postedAt
    }

    /// One of its messages has its outcome; true once that was the last one and no event is left over.
    func settleMessage(_ messageOutcome: PublishOutcome) -> Bool {
        messagesOutstanding -= 1
        outcome = outcome.worse(messageOutcome)
        return messagesOutstanding == 0 && nextEvent == group.ends.count
    }

    /// Calls the completion, unless that was done before.
    func complete(_ outcome: PublishOutcome) {
        if isSettled { return }
        isSettled = true
        completion(outcome)
    }

    /// When it is of no use any more; nil if never.
    var expiresAt: MonotonicInstant? {
        group.expirationMilliseconds.map { postedAt.advanced(byMilliseconds: UInt64($0)) }
    }

    /// Until when it waits for a broker that can't be reached.
    func unavailableAt(graceMilliseconds: Int) -> MonotonicInstant {
        min(group.deadline, postedAt.advanced(byMilliseconds: UInt64(max(0, graceMilliseconds))))
    }
}
