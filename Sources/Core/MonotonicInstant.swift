/// A point on the monotonic clock, in nanoseconds since an arbitrary start. It never goes back, and says nothing of the
/// time of day.
public struct MonotonicInstant: Comparable, Hashable, Sendable {
    public var nanoseconds: UInt64

    @inlinable
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates instead of wrapping.
    @inlinable
    public func advanced(byMilliseconds milliseconds: UInt64) -> Self {
        let (added, overflowed) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, sumOverflowed) = nanoseconds.addingReportingOverflow(added)
        return Self(nanoseconds: overflowed || sumOverflowed ? .max : sum)
    }

    /// The milliseconds from `earlier` until this instant, rounded down; 0 if it is not earlier.
    @inlinable
    public func milliseconds(since earlier: Self) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? (nanoseconds - earlier.nanoseconds) / 1_000_000 : 0
    }

    @inlinable
    public func nanoseconds(since earlier: Self) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}
