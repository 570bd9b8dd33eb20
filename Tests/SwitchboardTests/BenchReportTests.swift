import JSON
import Telemetry
import Testing

@testable import switchboard

@Suite struct BenchReportTests {
    private static func bytes(_ report: BenchReport) -> [UInt8] {
        var bytes: [UInt8] = []
        report.json.append(to: &bytes)
        return bytes
    }

    @Test func anEarlierRunIsComparedFigureByFigure() throws {
        let before = try SampleReport.make(latencies: [2_000_000, 2_000_000], errors: 2)
        let now = try SampleReport.make(latencies: [3_000_000, 3_000_000, 3_000_000], errors: 1)
        let comparison = try BenchComparison(json: Self.bytes(before))
        let rows = Dictionary(uniqueKeysWithValues: comparison.rows(now).map { ($0.metric, $0) })
        #expect(rows[.p99] == BenchComparison.Row(metric: .p99, before: 2, now: 3))
        #expect(rows[.p99]?.changePercent == 50 && rows[.errors]?.changePercent == -50)
        #expect(rows[.lost]?.changePercent == nil && rows[.connects] == nil)
        let text = comparison.text(now)
        #expect(text.hasPrefix("compared with the earlier run\n  p50 "))
        #expect(text.contains("2.00 ms") && text.contains("→ 3.00 ms") && text.contains("+50.0%"), "\(text)")
        #expect(comparison.json(now)["p50"]?["changepercent"] == .number("50"))
        #expect(comparison.json(now)["lost"]?["changepercent"] == .null)
    }

    @Test func aRunOfAnotherLoadIsSaidToBeOne() throws {
        let before = try SampleReport.make(["--sessions", "10"], latencies: [1])
        let comparison = try BenchComparison(json: Self.bytes(before))
        #expect(comparison.differences(before).isEmpty)
        let now = try SampleReport.make(["--sessions", "20", "--rate", "5"], latencies: [1])
        #expect(
            comparison.differences(now) == [
                "sessions was 10, is 20", "loop was closed, is open", "inflight was 1, is 1024",
                "wantedrate was none, is 5",
            ])
        #expect(comparison.text(now).contains("\n  not the same load: sessions was 10, is 20\n"))
    }

    @Test(arguments: ["", "{", "[]", "{}", #"{"event":"bench"}"#, #"{"event":"summary","metrics":{}}"#])
    func whatIsNoResultIsRefused(_ text: String) {
        #expect(throws: UsageError.self) { try BenchComparison(json: Array(text.utf8)) }
    }

    @Test func aFileThatIsNotThereIsNamed() {
        #expect(throws: UsageError("--compare can't read /nowhere/x.json: No such file or directory")) {
            try BenchComparison(file: "/nowhere/x.json")
        }
    }

    @Test func theTextTellsWhatWasMeasured() throws {
        var report = try SampleReport.make(["ws://h:1/ws"], latencies: [1_000_000, 2_000_000, 40_000_000])
        report.counters.opened = 64
        report.openingSeconds = 0.5
        report.openingTimes.record(3_000_000)
        report.tally.count("503 overloaded")
        let trace = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1)
        report.slowest = [SlowestRequests.Entry(nanoseconds: 40_000_000, trace: trace)]
        report.usageSeconds = 2
        report.ownCPUSeconds = 0.5
        report.busyShare = 0.3
        let lines = report.text.split(separator: "\n").map(String.init)
        #expect(lines[0] == "--- ws://h:1/ws steady, 64 sessions, each 1 in flight ---")
        #expect(lines[1] == "64 sessions opened in 500 ms (128/s), each in p50 3.00 ms, p99 3.00 ms")
        #expect(
            lines[2] == "2.00/s answered over 1.5 s; in all 4 sent, 3 answered, 1 errors, 0 lost, 0 duplicates")
        #expect(lines[3] == "p50 2.02 ms  p90 40.0 ms  p99 40.0 ms  p99.9 40.0 ms  max 40.0 ms", "\(lines[3])")
        #expect(lines.contains("  1  503 overloaded"))
        #expect(lines.contains("  40.0 ms  00000000000000010000000000000002"), "\(lines)")
        #expect(lines.last == "this client: 25.0% of a core, 166667 µs a ping, its loop busy 30.0%")
        #expect(report.failures.isEmpty && report.exitStatus == 0)
    }

    @Test func whatIsWrongMakesTheStatusOne() throws {
        let figures: [WritableKeyPath<LoadCounters, UInt64>] = [
            \.lost, \.unsent, \.duplicates, \.unknown, \.failed, \.missing,
        ]
        for figure in figures {
            var report = try SampleReport.make(latencies: [1])
            #expect(report.exitStatus == 0)
            report.counters[keyPath: figure] = 2
            #expect(report.exitStatus == 1 && report.failures.count == 1 && report.failures[0].hasPrefix("2 "))
        }
        let limited = try SampleReport.make(["--threshold", "p50<1us"], latencies: [5000])
        #expect(limited.exitStatus == 1 && limited.brokenThresholds == ["threshold p50<1us broken: p50 is 5 µs"])
    }

    @Test func aBusyOrLateClientIsWarnedOf() throws {
        var report = try SampleReport.make(latencies: Array(repeating: 1000, count: 1000))
        #expect(report.bottleneck == nil)
        report.busyShare = 0.86
        #expect(report.bottleneck?.contains("busy for 86.0% of the time") == true)
        report.busyShare = 0.85
        report.lateEvents = 10
        #expect(report.bottleneck == nil)
        report.lateEvents = 11
        report.latestNanoseconds = 5_000_000
        #expect(report.bottleneck?.contains("late for 11 pings, by up to 5.00 ms") == true)
        #expect(report.text.contains("\nwarning: this client was late"))
    }

    @Test func theJSONHasTheFiguresOfTheText() throws {
        var report = try SampleReport.make(["--rate", "10"], latencies: [1_500_000])
        report.counters.lost = 3
        report.counters.sent += 3
        report.tally.count("close 1001")
        let json = try JSONValue.parse(Self.bytes(report))
        #expect(json["event"]?.string == "bench" && json["loop"]?.string == "open")
        #expect(json["metrics"]?["p99"]?.double == 1.5 && json["metrics"]?["lost"]?.integer == 3)
        #expect(json["counts"]?["sent"]?.integer == 5 && json["wantedrate"]?.integer == 10)
        #expect(json["errors"] == .array([.object([("kind", .string("close 1001")), ("count", .number("1"))])]))
    }
}
