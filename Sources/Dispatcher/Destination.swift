import HTTPClient

/// A public-web instance, by the URL of its internal listener. On the loop's thread.
final class Destination {
    let url: String
    var poster: CoalescingPoster<AnswerToken>?

    init(url: String) { self.url = url }

    var isIdle: Bool { poster?.isIdle ?? true }
}
