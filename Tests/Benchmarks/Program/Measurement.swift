import CBenchmarks
import Glibc

/// What was measured of a benchmark.
struct Measurement {
    let benchmark: Benchmark
    /// Of one round each, in nanoseconds per operation.
    private(set) var rounds: [Double] = []
    private(set) var allocations = 0.0
    private(set) var allocatedBytes = 0.0
    private(set) var operations: Int
    private let run: (Int) -> Void

    init(_ benchmark: Benchmark) {
        self.benchmark = benchmark
        operations = benchmark.operationsMin
        run = benchmark.prepare()
    }

    /// Finds how many operations a round takes, which warms up as well, and counts the allocations of one.
    mutating func calibrate(roundNanoseconds: UInt64) {
        while nanoseconds(of: operations) < roundNanoseconds, operations < 1 << 30 { operations *= 2 }
        var allocations: UInt64 = 0
        var bytes: UInt64 = 0
        benchmarks_count_begin()
        run(operations)
        benchmarks_count_end(&allocations, &bytes)
        self.allocations = Double(allocations) / Double(operations)
        allocatedBytes = Double(bytes) / Double(operations)
    }

    /// The caches are the benchmark's own again before the clock runs.
    mutating func addRound() {
        run(max(operations / 8, 1))
        rounds.append(Double(nanoseconds(of: operations)) / Double(operations))
    }

    private func nanoseconds(of count: Int) -> UInt64 {
        let clock = benchmark.clock == .wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID
        let began = Self.now(clock)
        run(count)
        return Self.now(clock) - began
    }

    private static func now(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    var median: Double {
        let sorted = rounds.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    var low: Double { rounds.min() ?? 0 }
    var high: Double { rounds.max() ?? 0 }

    /// What is wrong with it; nil if nothing is.
    var failure: String? {
        if !rounds.allSatisfy({ $0 > 0 }) { return "it takes no time" }
        if benchmark.isAllocationFree, allocations > 0 {
            return
                "it is to allocate nothing, and allocates \(Decimal.text(allocations, digits: 3)) times per operation"
        }
        return nil
    }
}
