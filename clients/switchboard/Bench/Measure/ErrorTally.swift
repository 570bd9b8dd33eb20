/// How often each kind of failure came. Bounded: what kinds there are, others decide.
struct ErrorTally: Equatable {
    private static let kindsMax = 48
    private static let other = "other"

    private(set) var counts: [String: UInt64] = [:]

    mutating func count(_ kind: String) {
        let key = counts[kind] != nil || counts.count < Self.kindsMax ? kind : Self.other
        counts[key, default: 0] += 1
    }

    /// The most frequent one first.
    var sorted: [(kind: String, count: UInt64)] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (kind: $0.key, count: $0.value) }
    }
}
