import Testing

@testable import switchboard

@Suite struct BenchPrintingTests {
    private static func histogram(_ values: [UInt64]) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for value in values { histogram.record(value) }
        return histogram
    }

    @Test(
        arguments: [
            (0, "0 µs"), (999, "1 µs"), (842_000, "842 µs"), (999_400, "999 µs"), (999_600, "1.00 ms"),
            (8_423_000, "8.42 ms"), (84_230_000, "84.2 ms"), (842_300_000, "842 ms"), (999_600_000, "1.00 s"),
            (61_000_000_000, "61.0 s"),
        ] as [(UInt64, String)])
    func latencies(_ nanoseconds: UInt64, _ text: String) {
        #expect(Decimals.latency(nanoseconds: nanoseconds) == text)
    }

    @Test(arguments: [
        (0, "0"), (0.0123, "0.012"), (1, "1.00"), (9.994, "9.99"), (12.34, "12.3"), (123.4, "123"), (-12.34, "-12.3"),
        (123_456, "123456"),
    ])
    func significantDigits(_ number: Double, _ text: String) { #expect(Decimals.significant(number) == text) }

    @Test func theProgressLineTellsHowItGoes() {
        func line(_ phase: LoadEngine.Phase, _ values: [UInt64], errors: UInt64 = 0, seconds: Double = 1) -> String {
            var snapshot = ProgressSnapshot(
                phase: phase, elapsedSeconds: 12.3, recent: Self.histogram(values), sessions: 3, sessionsWanted: 64,
                errors: errors)
            snapshot.recentSeconds = seconds
            return snapshot.text
        }
        #expect(line(.opening, []) == "12 s  opening: 3/64 sessions")
        #expect(
            line(.loading, Array(repeating: 1_000_000, count: 50), seconds: 5)
                == "12 s  10.0/s  p50 1.00 ms  p99 1.00 ms  0 errors  3/64 sessions")
        #expect(line(.loading, [], errors: 1) == "12 s  no answers  1 error  3/64 sessions")
        #expect(line(.draining, []) == "12 s  waiting for the last answers  0 errors  3/64 sessions")
        #expect(line(.leaving, []) == "12 s  closing")
    }

    @Test func betweenLinesThatAreNotWrittenOverAreFiveSeconds() {
        let lines = ProgressOutput(rewrites: false, now: 0)
        #expect(!lines.isDue(4_000_000_000) && lines.isDue(5_000_000_000))
        #expect(ProgressOutput(rewrites: true, now: 0).isDue(1_000_000_000))
    }

    @Test func aHistogramIsDrawnFromItsFirstValueToItsLast() {
        let values: [UInt64] =
            Array(repeating: 1_100_000, count: 100) + Array(repeating: 4_100_000, count: 50) + [90_000_000]
        let drawing = HistogramDrawing(Self.histogram(values))
        #expect(drawing.rows.reduce(0) { $0 + $1.count } == 151)
        #expect(drawing.rows.first?.count == 100 && drawing.rows.last?.count == 1)
        #expect(drawing.rows.map(\.nanoseconds) == drawing.rows.map(\.nanoseconds).sorted())
        let lines = drawing.text.split(separator: "\n").map(String.init)
        #expect(lines[0].contains(String(repeating: "█", count: 40) + "  100   66.2%"), "\(lines[0])")
        #expect(lines.contains { $0.contains(String(repeating: "█", count: 20) + "  ") && $0.contains(" 50 ") })
        #expect(lines.last?.contains("  ▍ ") == true)
        #expect(Set(lines.map(\.count)).count == 1)
    }

    @Test func everyValueIsInTheRowOfItsSize() {
        for value in [1, 999, 1000, 1001, 123_456, 7_000_000, 999_999_999, 3_600_000_000_000] as [UInt64] {
            let rows = HistogramDrawing(Self.histogram([value])).rows
            #expect(rows.count == 1 && rows[0].count == 1 && rows[0].nanoseconds >= value, "\(rows)")
        }
        #expect(HistogramDrawing(LatencyHistogram()).rows.isEmpty)
    }

    @Test func tablesAreAligned() {
        #expect(TextTable.text([["a", "1", "x"], ["long", "100"]]) == "  a       1  x\n  long  100")
    }

    @Test(arguments: [
        (#"{"type":"urn:switchboard:problem:overloaded","status":503}"#, "503 overloaded"),
        (#"{"title":"Bad"}"#, "Bad"), ("{", "no problem description"), (#"{"type":"a\u001bb"}"#, "a\\u{1b}b"),
    ])
    func problemsHaveShortNames(_ json: String, _ name: String) {
        #expect(Array(json.utf8).withUnsafeBytes { ProblemName.of($0) } == name)
    }
}
