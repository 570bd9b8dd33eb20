import Core

/// Events that may have to be sent again: numbered without a gap, dropped from the front. Not synchronised.
final class ReplayBuffer {
    struct Entry {
        let event: [UInt8]
        let at: MonotonicInstant
        /// The request that it ended, if any.
        let request: PendingRequests.RequestID?
    }

    /// Dropped entries in front stay in the array until there are so many, so that dropping costs nothing.
    private static let staleEntriesMax = 64

    private var entries: [Entry] = []
    private var stale = 0
    /// The number of the first entry, or of the next one if there is none.
    private(set) var firstNumber: UInt64
    private(set) var bytes = 0
    /// Those of a stream that its session's connection was not given yet. Kept by the table.
    var untransmittedBytes = 0

    init(firstNumber: UInt64) { self.firstNumber = firstNumber }

    var count: Int { entries.count - stale }
    var isEmpty: Bool { entries.count == stale }
    var nextNumber: UInt64 { firstNumber + UInt64(count) }
    var first: Entry? { isEmpty ? nil : entries[stale] }

    /// Nil if it was dropped, or is still to come.
    subscript(number: UInt64) -> Entry? {
        number >= firstNumber && number < nextNumber ? entries[stale + Int(number - firstNumber)] : nil
    }

    func append(_ entry: Entry) {
        entries.append(entry)
        bytes += entry.event.count
    }

    @discardableResult
    func dropFirst() -> Entry? {
        guard let entry = first else { return nil }
        stale += 1
        firstNumber += 1
        bytes -= entry.event.count
        if isEmpty {
            entries.removeAll(keepingCapacity: stale <= Self.staleEntriesMax)
            stale = 0
        } else {
            // The event's memory is freed now, its place later.
            entries[stale - 1] = Entry(event: [], at: entry.at, request: nil)
            if stale > Self.staleEntriesMax, stale > entries.count / 2 {
                entries.removeFirst(stale)
                stale = 0
            }
        }
        return entry
    }
}
