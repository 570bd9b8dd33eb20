/// The records of one request.
public struct OTLPBatch: Sendable {
    public var spans: [RecordedSpan] = []
    public var logs: [RecordedLog] = []
    /// Metrics are not kept.
    public var metricCount: UInt64 = 0
    /// Records that were left out because they can't be placed.
    public var rejected: UInt64 = 0
    /// Why the first of them was.
    public var rejection: String?

    public init() {}

    mutating func reject(_ reason: String) {
        rejected += 1
        if rejection == nil { rejection = reason }
    }
}
