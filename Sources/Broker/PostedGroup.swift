import Core

/// A group on its way from the posting thread to the publishing one.
struct PostedGroup: Sendable {
    let group: PublishGroup
    let completion: @Sendable (PublishOutcome) -> Void
    let postedAt: MonotonicInstant
}
