@testable import switchboard

/// A report of a run that never was, with the figures that a test wants.
enum SampleReport {
    static func make(
        _ arguments: [String] = [], latencies: [UInt64], errors: UInt64 = 1, seconds: Double = 1.5
    ) throws -> BenchReport {
        var report = BenchReport(try BenchOptionTests.options(arguments))
        for latency in latencies { report.latency.record(latency) }
        report.measuredSeconds = seconds
        report.counters.sent = UInt64(latencies.count) + errors
        report.counters.answered = UInt64(latencies.count)
        report.counters.answeredInWindow = UInt64(latencies.count)
        report.counters.errors = errors
        return report
    }
}
