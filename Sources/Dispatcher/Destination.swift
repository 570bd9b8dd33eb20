import Core
import HTTPClient

/// A public-web instance, by the URL of its internal listener. On the loop's thread.
final class Destination {
    let url: String
    var poster: CoalescingPoster<AnswerToken>?
    /// Of the broker's, that hold answers for it and are not settled.
    var messagesOutstanding = 0
    /// When it last took answers.
    var answeredAt: MonotonicInstant?

    init(url: String) { self.url = url }

    var isIdle: Bool { poster?.isIdle ?? true }
    var isFailing: Bool { poster.map { $0.failure != nil || $0.postsStalled > 0 } ?? false }
}
