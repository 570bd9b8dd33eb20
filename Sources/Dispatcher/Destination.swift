import Core
import HTTPClient

/// A public-web instance, by the URL of its internal listener. On the loop's thread.
final class Destination {
    let url: String
    var poster: CoalescingPoster<AnswerToken>?
    /// Of the broker's, that hold answers for it and are not settled.
    var messagesOutstanding = 0
    /// Of those, the ones with answers that are on their way to the dead letters.
    var messagesLeaving = 0
    /// When it last took answers.
    var answeredAt: MonotonicInstant?
    /// Since when it is as it is, failing or not.
    private var changedAt: MonotonicInstant
    private var wasFailing = false

    init(url: String, now: MonotonicInstant = MonotonicInstant(nanoseconds: 0)) {
        self.url = url
        changedAt = now
    }

    var isIdle: Bool { poster?.isIdle ?? true }

    /// To be called from time to time.
    func look(now: MonotonicInstant) {
        guard isFailing != wasFailing else { return }
        wasFailing = isFailing
        changedAt = now
    }

    /// Whether it has been failing for so long, or has not.
    func has(beenFailing: Bool, forMilliseconds milliseconds: UInt64, now: MonotonicInstant) -> Bool {
        isFailing == beenFailing && wasFailing == beenFailing && now.milliseconds(since: changedAt) >= milliseconds
    }

    private var isFailing: Bool { poster.map { $0.failure != nil || $0.postsStalled > 0 } ?? false }
}
