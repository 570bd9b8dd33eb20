import Testing

@testable import switchboard

@Suite struct BenchThresholdTests {
    @Test(
        arguments: [
            ("p99<20ms", .p99, .less, 20, .milliseconds), ("p99.9<=1.5s", .p999, .lessOrEqual, 1500, .milliseconds),
            ("p999 < 250us", .p999, .less, 0.25, .milliseconds), ("max<2µs", .max, .less, 0.002, .milliseconds),
            ("rate>5000", .rate, .more, 5000, .plain), ("connects >= 10", .connects, .moreOrEqual, 10, .plain),
            ("errors<0.1%", .errors, .less, 0.1, .percent), ("errors<1", .errors, .less, 1, .plain),
            ("lost<=0", .lost, .lessOrEqual, 0, .plain), ("mean<3ms", .mean, .less, 3, .milliseconds),
        ] as [(String, BenchMetric, BenchThreshold.Comparison, Double, BenchThreshold.Unit)])
    func limits(
        _ text: String, _ metric: BenchMetric, _ comparison: BenchThreshold.Comparison, _ value: Double,
        _ unit: BenchThreshold.Unit
    ) throws {
        let threshold = try BenchThreshold(parsing: text)
        #expect(threshold.metric == metric && threshold.comparison == comparison && threshold.unit == unit)
        #expect(abs(threshold.value - value) < 1e-9)
    }

    @Test(arguments: [
        "", "p99", "p99<", "<20ms", "p99=20ms", "p99<<20ms", "p99<20", "p99<20%", "p99<ms", "p99<-1ms", "p99<1e3ms",
        "p99<nanms", "p99<0x1ms", "p98<20ms", "rate>5ms", "rate>5%", "lost<1%", "p99<20ms<30ms", "p99<20min", "P99<1ms",
        "p99<٣ms", "p99<1.2.3ms",
    ])
    func whatIsMalformedIsRefused(_ text: String) {
        #expect(throws: UsageError.self) { try BenchThreshold(parsing: text) }
    }

    @Test func refusalsSayWhatIsWanted() {
        #expect(throws: UsageError("p99 is a time: --threshold 'p99<20ms' (or us, or s)")) {
            try BenchThreshold(parsing: "p99<20")
        }
        #expect(throws: UsageError("rate is a number: --threshold 'rate>100'")) {
            try BenchThreshold(parsing: "rate>5ms")
        }
    }

    @Test(
        arguments: [
            ("p50<3ms", nil), ("p50<2ms", "threshold p50<2ms broken: p50 is 2.00 ms"), ("p50<=2ms", nil),
            ("max>1s", "threshold max>1s broken: max is 2.00 ms"), ("rate>=2", nil),
            ("rate>2", "threshold rate>2 broken: rate is 2.00/s"),
            ("errors<1", "threshold errors<1 broken: errors is 1"),
            ("errors<26%", nil), ("errors<25%", "threshold errors<25% broken: errors is 25.0%"), ("lost<1", nil),
            ("connects>1", "threshold connects>1 broken: nothing was measured"),
        ] as [(String, String?)])
    func aBrokenLimitSaysByHowMuch(_ text: String, _ violation: String?) throws {
        let report = try SampleReport.make(latencies: [1_000_000, 2_000_000, 2_000_000])
        #expect(try BenchThreshold(parsing: text).violation(report) == violation)
    }

    @Test func withoutAnAnswerNoLimitOnThemHolds() throws {
        let report = try SampleReport.make(latencies: [], errors: 0)
        for text in ["p99<20ms", "p99>0ms", "errors<1%"] {
            #expect(try BenchThreshold(parsing: text).violation(report) != nil)
        }
        #expect(report.failures == ["nothing was answered"] && report.exitStatus == 1)
    }
}
