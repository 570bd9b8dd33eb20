/// How much a store holds. Where a limit is reached the oldest goes, but a trace that is too large by itself takes no more.
public struct TraceStoreLimits: Sendable {
    public var tracesMax: Int
    /// Of all traces together, with their logs. Sizes are estimates of the memory taken.
    public var traceBytesMax: Int
    /// Spans and logs.
    public var recordsPerTraceMax: Int
    public var bytesPerTraceMax: Int
    /// Event ids, and as many correlation ids, by which a trace is found; and as many by which a log is.
    public var identifiersPerTraceMax: Int
    /// Logs that belong to no trace.
    public var looseLogsMax: Int
    public var looseLogBytesMax: Int

    public init(
        tracesMax: Int = 20_000, traceBytesMax: Int = 64 << 20, recordsPerTraceMax: Int = 10_000,
        bytesPerTraceMax: Int = 16 << 20, identifiersPerTraceMax: Int = 64, looseLogsMax: Int = 20_000,
        looseLogBytesMax: Int = 16 << 20
    ) {
        self.tracesMax = max(1, tracesMax)
        self.traceBytesMax = traceBytesMax
        self.recordsPerTraceMax = recordsPerTraceMax
        self.bytesPerTraceMax = bytesPerTraceMax
        self.identifiersPerTraceMax = identifiersPerTraceMax
        self.looseLogsMax = max(1, looseLogsMax)
        self.looseLogBytesMax = looseLogBytesMax
    }
}
