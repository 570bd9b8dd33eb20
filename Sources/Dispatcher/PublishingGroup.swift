import Core

/// Those events of a POST that take one route, on their way to the broker.
struct PublishingGroup {
    let builder: GroupBuilder
    let post: UInt64
    /// Until when publishing is tried.
    let deadline: MonotonicInstant
}
