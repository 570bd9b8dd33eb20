/// The logs that belong to no trace, the oldest first.
struct LooseLogs: Sendable {
    private struct Entry {
        let log: RecordedLog
        let ids: [String]
    }

    private var entries: [UInt64: Entry] = [:]
    private var index = IdentifierIndex()
    private var oldest: UInt64 = 0
    private var next: UInt64 = 0
    private(set) var byteCount = 0

    var count: Int { entries.count }

    mutating func add(_ log: RecordedLog, identifiersMax: Int) {
        var ids: [String] = []
        for id in log.eventIDs + log.correlationIDs where ids.count < identifiersMax && !ids.contains(id) {
            ids.append(id)
            index.insert(next, for: id)
        }
        entries[next] = Entry(log: log, ids: ids)
        byteCount += log.byteCount
        next += 1
    }

    mutating func removeOldest() {
        guard let entry = entries.removeValue(forKey: oldest) else { return }
        for id in entry.ids { index.remove(oldest, for: id) }
        byteCount -= entry.log.byteCount
        oldest += 1
    }

    /// Those that carry the id, by time; the last ones, if there are more than `max`.
    func logs(of id: String, max: Int) -> [RecordedLog] {
        index[id].suffix(max).compactMap { entries[$0]?.log }.sorted { $0.nanoseconds < $1.nanoseconds }
    }
}
