import Core

/// A trace in one line.
public struct TraceSummary: Equatable, Sendable {
    public var traceID: TraceID
    /// Since 1970.
    public var startNanoseconds: UInt64 = 0
    /// From the root's start to the last end by the root's clock; without a root, or a second clock, over all spans.
    public var durationNanoseconds: UInt64 = 0
    /// Of the root, or of the earliest span if the root is not there.
    public var name = ""
    public var service = ""
    /// Whether the trace's first span is there.
    public var hasRoot = false
    public var spanCount = 0
    public var logCount = 0
    public var errorCount = 0
    /// Those of its spans and logs, each once, by name.
    public var services: [String] = []
    /// How long nothing has come for this trace.
    public var quietMilliseconds: UInt64 = 0

    public init(traceID: TraceID) { self.traceID = traceID }

    init(_ trace: StoredTrace, now: MonotonicInstant) {
        self.init(traceID: trace.id)
        spanCount = trace.spans.count
        logCount = trace.logs.count
        errorCount = trace.spans.count { $0.status == .error }
        services = Set(trace.spans.map(\.resource.service) + trace.logs.map(\.resource.service)).sorted()
        quietMilliseconds = now.milliseconds(since: trace.changedAt)
        guard let first = Self.first(of: trace) else {
            startNanoseconds = trace.logs.map(\.nanoseconds).min() ?? 0
            return
        }
        hasRoot = first.parentSpanID == 0
        name = first.name
        service = first.resource.service
        startNanoseconds = first.startNanoseconds
        let ownClock = trace.spans.filter { $0.resource.clock == first.resource.clock }
        let end = (hasRoot ? ownClock : trace.spans).map(\.endNanoseconds).max() ?? 0
        durationNanoseconds = end > startNanoseconds ? end - startNanoseconds : 0
    }

    /// The root, the earliest if a sender made several; else the earliest span.
    private static func first(of trace: StoredTrace) -> RecordedSpan? {
        func earliest(_ spans: some Sequence<RecordedSpan>) -> RecordedSpan? {
            spans.min { $0.startNanoseconds < $1.startNanoseconds }
        }
        return earliest(trace.spans.lazy.filter { $0.parentSpanID == 0 }) ?? earliest(trace.spans)
    }
}
