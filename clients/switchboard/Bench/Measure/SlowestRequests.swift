import Telemetry

/// The slowest of the requests whose traces are recorded: a fixed number of them.
struct SlowestRequests {
    struct Entry: Equatable {
        let nanoseconds: UInt64
        let trace: TraceContext
    }

    let countMax: Int
    /// The slowest one first.
    private(set) var entries: [Entry] = []

    init(countMax: Int) { self.countMax = countMax }

    /// Whether one that took so long would be among them: to be asked before its trace is looked for.
    func takes(_ nanoseconds: UInt64) -> Bool {
        guard entries.count >= countMax, let last = entries.last else { return countMax > 0 }
        return nanoseconds > last.nanoseconds
    }

    mutating func insert(_ nanoseconds: UInt64, _ trace: TraceContext) {
        guard takes(nanoseconds) else { return }
        let at = entries.firstIndex { $0.nanoseconds < nanoseconds } ?? entries.count
        entries.insert(Entry(nanoseconds: nanoseconds, trace: trace), at: at)
        if entries.count > countMax { entries.removeLast() }
    }
}
