/// Counts of latencies, log-linear: 64 buckets for each power of two, so that a figure read from it is at most 1/64 too
/// large, and never too small. Its size does not depend on what it holds.
struct LatencyHistogram: Equatable {
    private static let mantissaBits = 6
    private static let mantissas = 1 << mantissaBits
    /// About 19 hours; what is longer counts as this.
    static let nanosecondsMax: UInt64 = 1 << 46 - 1

    private var counts: [UInt64]
    private(set) var count: UInt64 = 0
    /// Exact.
    private(set) var max: UInt64 = 0
    private var sum: Double = 0

    init() { counts = Array(repeating: 0, count: Self.bucket(of: Self.nanosecondsMax) + 1) }

    var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// Exact below 128; from there on a bucket is named by its exponent and its upper seven bits, of which the first is 1.
    private static func bucket(of nanoseconds: UInt64) -> Int {
        let bits = UInt64.bitWidth - nanoseconds.leadingZeroBitCount
        let shift = Swift.max(0, bits - mantissaBits - 1)
        return shift << mantissaBits + Int(truncatingIfNeeded: nanoseconds >> UInt64(shift))
    }

    /// The largest value that belongs to the bucket.
    private static func top(of bucket: Int) -> UInt64 {
        let shift = Swift.max(0, bucket >> mantissaBits - 1)
        return UInt64(bucket - shift << mantissaBits + 1) << UInt64(shift) - 1
    }

    mutating func record(_ nanoseconds: UInt64) {
        let value = min(nanoseconds, Self.nanosecondsMax)
        counts[Self.bucket(of: value)] += 1
        count += 1
        sum += Double(value)
        if value > max { max = value }
    }

    mutating func merge(_ other: LatencyHistogram) {
        for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
        count += other.count
        sum += other.sum
        max = Swift.max(max, other.max)
    }

    mutating func removeAll() {
        for bucket in counts.indices { counts[bucket] = 0 }
        count = 0
        max = 0
        sum = 0
    }

    /// What so great a share did not exceed; 0 if nothing is recorded. - Parameter share: 0 to 1.
    func quantile(_ share: Double) -> UInt64 {
        let rank = Swift.max(1, UInt64((share * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, count) in counts.enumerated() where count > 0 {
            seen += count
            if seen >= rank { return min(Self.top(of: bucket), max) }
        }
        return max
    }

    /// The buckets that hold something, in their order.
    func forEachBucket(_ body: (_ top: UInt64, _ count: UInt64) -> Void) {
        for (bucket, count) in counts.enumerated() where count > 0 { body(min(Self.top(of: bucket), max), count) }
    }
}
