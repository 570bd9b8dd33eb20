import Core

/// The spans and logs of one trace, as far as they have come.
public struct StoredTrace: Sendable {
    public let id: TraceID
    public internal(set) var spans: [RecordedSpan] = []
    public internal(set) var logs: [RecordedLog] = []
    /// By which it is found.
    public internal(set) var eventIDs: [String] = []
    public internal(set) var correlationIDs: [String] = []
    /// When the last record came, by the receiver's clock.
    public internal(set) var changedAt: MonotonicInstant
    var spanIDs: Set<UInt64> = []
    var byteCount = 512

    init(id: TraceID, now: MonotonicInstant) {
        self.id = id
        changedAt = now
    }

    var recordCount: Int { spans.count + logs.count }
}
