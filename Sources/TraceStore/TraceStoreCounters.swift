/// What a store took and what it let go of, since it began.
public struct TraceStoreCounters: Equatable, Sendable {
    /// Those that are or were kept.
    public var spans: UInt64 = 0
    public var logs: UInt64 = 0
    public var metrics: UInt64 = 0
    /// Spans that came again.
    public var duplicates: UInt64 = 0
    /// Spans and logs of a trace that is full.
    public var refused: UInt64 = 0
    /// Traces that had to go, the oldest each time.
    public var evictedTraces: UInt64 = 0
    /// Logs without a trace that had to go, the oldest each time.
    public var evictedLogs: UInt64 = 0

    public init() {}
}
