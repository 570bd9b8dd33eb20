import Core

/// Which events of a session have come, by their `sequence`, and which of them the gateway knows to have come.
struct SequenceTracker {
    enum Arrival: Equatable {
        case next
        /// It was here before.
        case repeated
        /// Those in between have not come.
        case nextAfter(gap: ClosedRange<UInt64>)
    }

    static let digits = 16
    static let unacknowledgedMax: UInt64 = 64
    static let acknowledgeMilliseconds: UInt64 = 1000

    /// Nil before the first event of a session that was joined in its middle.
    private(set) var last: UInt64? = 0
    private(set) var acknowledged: UInt64 = 0
    private var unacknowledgedSince: MonotonicInstant?

    /// Up to 16 decimal digits; nil for anything else.
    static func parse(_ text: String) -> UInt64? {
        guard (1...digits).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return UInt64(text)
    }

    static func format(_ sequence: UInt64) -> String {
        let text = String(sequence)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The next event is the one behind this; nil: whichever comes.
    mutating func begin(after sequence: UInt64?) {
        last = sequence
        acknowledged = sequence ?? 0
        unacknowledgedSince = nil
    }

    mutating func receive(_ sequence: UInt64, now: MonotonicInstant) -> Arrival {
        if let last, sequence <= last { return .repeated }
        let expected = last.map { $0 + 1 } ?? sequence
        if last == nil { acknowledged = sequence - min(sequence, 1) }
        last = sequence
        if unacknowledgedSince == nil { unacknowledgedSince = now }
        return sequence == expected ? .next : .nextAfter(gap: expected...(sequence - 1))
    }

    func isAcknowledgementDue(now: MonotonicInstant) -> Bool {
        if (last ?? 0) - min(acknowledged, last ?? 0) >= Self.unacknowledgedMax { return true }
        return acknowledgementDeadline.map { now >= $0 } ?? false
    }

    /// Nil: nothing has come since the last one.
    var acknowledgementDeadline: MonotonicInstant? {
        unacknowledgedSince?.advanced(byMilliseconds: Self.acknowledgeMilliseconds)
    }

    /// Everything that has come is acknowledged. - Returns: up to which; nil if that is known already.
    mutating func acknowledge() -> UInt64? {
        unacknowledgedSince = nil
        guard let last, last > acknowledged else { return nil }
        acknowledged = last
        return last
    }
}
