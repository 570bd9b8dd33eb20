import Core

/// What a coalescing poster remembers of an event for its owner.
public protocol PosterToken {
    /// Until when posting it is tried again while the destination can't be reached.
    var retryUntil: MonotonicInstant { get }
}
