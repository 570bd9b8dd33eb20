import TestSupport
import Testing

@testable import switchboard

@Suite struct LatencyHistogramTests {
    private static let shares = [0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1]

    /// What a sorted list says: the smallest value that so great a share does not exceed.
    private static func exact(_ sorted: [UInt64], _ share: Double) -> UInt64 {
        sorted[max(1, Int((share * Double(sorted.count)).rounded(.up))) - 1]
    }

    @Test(arguments: 0..<20)
    func quantilesAreThoseOfASortedListButForASixtyFourth(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 1...5000, using: &random)
        let bits = UInt64.random(in: 1...46, using: &random)
        let values = (0..<count).map { _ -> UInt64 in
            UInt64.random(in: 0..<1 << UInt64.random(in: 1...bits, using: &random), using: &random)
        }
        var histogram = LatencyHistogram()
        for value in values { histogram.record(value) }
        let sorted = values.sorted()
        for share in Self.shares {
            let (exact, read) = (Self.exact(sorted, share), histogram.quantile(share))
            #expect(read >= exact && read - exact <= exact / 64, "\(share): \(read) instead of \(exact)")
        }
        let mean = values.reduce(0) { $0 + Double($1) } / Double(count)
        #expect(histogram.count == UInt64(count) && histogram.max == sorted[count - 1])
        #expect(abs(histogram.mean - mean) <= mean * 1e-9)
    }

    @Test func smallValuesAreExact() {
        for value in UInt64(0)..<128 {
            var histogram = LatencyHistogram()
            histogram.record(value)
            histogram.record(1 << 40)
            #expect(histogram.quantile(0.5) == value)
        }
    }

    /// Each power of two begins a bucket, and what is next to it lies in the one before.
    @Test func bucketsMeetAtThePowersOfTwo() {
        for exponent in UInt64(7)...45 {
            var histogram = LatencyHistogram()
            for value: UInt64 in [1 << exponent - 1, 1 << exponent, LatencyHistogram.nanosecondsMax] {
                histogram.record(value)
            }
            #expect(histogram.quantile(0.3) == 1 << exponent - 1)
            #expect(histogram.quantile(0.6) >= 1 << exponent)
            #expect(histogram.quantile(0.6) < 1 << exponent + 1 << (exponent - 6))
        }
    }

    @Test func whatIsTooLongCountsAsTheLongest() {
        var histogram = LatencyHistogram()
        histogram.record(.max)
        #expect(histogram.max == LatencyHistogram.nanosecondsMax)
        #expect(histogram.quantile(1) == LatencyHistogram.nanosecondsMax)
    }

    @Test func nothingIsZero() {
        let histogram = LatencyHistogram()
        #expect(histogram.quantile(0.99) == 0 && histogram.mean == 0 && histogram.max == 0)
    }

    @Test(arguments: 0..<5)
    func mergedItIsAsIfAllHadBeenRecordedInOne(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var (one, other, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for _ in 0..<500 {
            let value = UInt64.random(in: 0..<1_000_000_000, using: &random)
            if Bool.random(using: &random) { one.record(value) } else { other.record(value) }
            both.record(value)
        }
        one.merge(other)
        #expect(one.count == both.count && one.max == both.max && abs(one.mean - both.mean) < 1)
        for share in Self.shares { #expect(one.quantile(share) == both.quantile(share)) }
        one.removeAll()
        #expect(one == LatencyHistogram())
    }
}
