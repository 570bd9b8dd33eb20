import Core
import JSON
import Telemetry
import Testing

@testable import switchboard

@Suite struct LoadMeasureTests {
    private static let second: UInt64 = 1_000_000_000

    private static func recorder(_ sectioning: Sectioning, seconds: UInt64 = 10) -> LoadRecorder {
        var recorder = LoadRecorder()
        recorder.begin(
            sectioning, window: LoadWindow(start: 2 * second, end: (2 + seconds) * second), at: second)
        return recorder
    }

    @Test func onlyWhatIsDueInTheMeasuredTimeIsMeasured() {
        var recorder = Self.recorder(.whole)
        for (intended, isMeasured) in [
            (2 * Self.second - 1, false), (2 * Self.second, true), (12 * Self.second - 1, true),
            (12 * Self.second, false),
        ] {
            let taken = recorder.record(intended: intended, now: intended + 500, isSlow: false, sessions: 1)
            #expect(taken == isMeasured)
        }
        #expect(recorder.total.count == 2 && recorder.recent.count == 4)
        #expect(recorder.takeRecent().max == 500 && recorder.recent.count == 0)
    }

    /// However late the answer comes.
    @Test func latencyCountsFromTheIntendedTime() {
        var recorder = Self.recorder(.whole)
        recorder.record(intended: 3 * Self.second, now: 30 * Self.second, isSlow: false, sessions: 1)
        #expect(recorder.total.max == 27 * Self.second)
    }

    @Test func sectionsDivideTheLoad() {
        var steps = Self.recorder(.steps(5))
        for intended in [2, 3, 4, 11] as [UInt64] {
            steps.record(
                intended: intended * Self.second, now: 12 * Self.second, isSlow: false, sessions: Int(intended))
        }
        #expect(steps.sections.map(\.latency.count) == [2, 1, 0, 0, 1])
        #expect(steps.sections.map(\.sessions) == [3, 4, 0, 0, 11] && steps.sections[1].name == "2.0 to 4.0 s")
        // The schedule of bursts counts from the load's beginning, a second before the measured time.
        var bursts = Self.recorder(.bursts)
        for tenths in [20, 29, 30, 65, 71] as [UInt64] {
            let intended = tenths * Self.second / 10
            bursts.record(intended: intended, now: intended, isSlow: false, sessions: 1)
        }
        #expect(bursts.sections.map(\.latency.count) == [2, 3])
        var slow = Self.recorder(.slowSessions)
        for index in 0..<5 { slow.recordError(intended: 3 * Self.second, isSlow: index == 4) }
        #expect(slow.sections.map(\.errors) == [4, 1])
        var cut = Self.recorder(.cut(at: 5 * Self.second))
        for seconds in [4, 5, 6] as [UInt64] {
            cut.record(intended: seconds * Self.second, now: 9 * Self.second, isSlow: false, sessions: 1)
        }
        #expect(cut.sections.map(\.latency.count) == [1, 2])
    }

    @Test func theTallyIsBounded() {
        var tally = ErrorTally()
        for kind in 0..<100 { tally.count("kind \(kind)") }
        for _ in 0..<3 { tally.count("kind 7") }
        #expect(tally.counts.count == 49 && tally.counts["other"] == 52)
        #expect(tally.sorted[0] == ("other", 52) && tally.sorted[1] == ("kind 7", 4))
    }

    @Test func theSlowestAreKept() {
        var slowest = SlowestRequests(countMax: 3)
        for value in [5, 1, 9, 7, 3, 8, 2] as [UInt64] {
            slowest.insert(value, TraceContext(traceIDHigh: value, traceIDLow: 0, spanID: 1, flags: 1))
        }
        #expect(slowest.entries.map(\.nanoseconds) == [9, 8, 7])
        #expect(slowest.entries.map(\.trace.traceIDHigh) == [9, 8, 7])
        #expect(!slowest.takes(7) && slowest.takes(10) && !SlowestRequests(countMax: 0).takes(1))
    }

    @Test func requestsAskForTracesUntilTheGatewayRecordsSome() {
        var random = RandomSource()
        var traces = TraceSampling(countMax: 2)
        let asked = (0..<250).filter { _ in traces.traceOfNextRequest(&random) != nil }
        #expect(asked == [0, 100, 200])
        func note(_ flags: String, wasAsked: Bool) {
            Array("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\(flags)".utf8).withUnsafeBytes {
                traces.note($0, 10, wasAsked: wasAsked)
            }
        }
        note("00", wasAsked: false)
        note("01", wasAsked: true)
        #expect(traces.slowest.entries.count == 1)
        #expect((0..<100).contains { _ in traces.traceOfNextRequest(&random) != nil })
        note("01", wasAsked: false)
        #expect(!(0..<300).contains { _ in traces.traceOfNextRequest(&random) != nil })
        var off = TraceSampling(countMax: 0)
        #expect(!(0..<300).contains { _ in off.traceOfNextRequest(&random) != nil })
    }

    @Test func aRampOfSessionsOpensThemEvenly() throws {
        let options = try BenchOptionTests.options(["--scenario", "ramp", "-s", "100", "-t", "10"])
        let plan = ScenarioPlan(options: options)
        #expect(plan.opensUnderLoad && plan.profile == nil)
        #expect([0, 5000, 10_000, 20_000].map { plan.openable(afterMilliseconds: $0) } == [1, 51, 100, 100])
        let slow = ScenarioPlan(options: try BenchOptionTests.options(["--scenario", "slow-consumers", "-s", "20"]))
        #expect((0..<20).filter { slow.isSlow(session: $0) } == [4, 9, 14, 19])
        let two = ScenarioPlan(options: try BenchOptionTests.options(["--scenario", "slow-consumers", "-s", "2"]))
        #expect((0..<2).filter { two.isSlow(session: $0) } == [1])
    }

    @Test(
        arguments: [
            (
                #"{"sequence":"0000000000000007","type":"PingResponse","data":{"type":"x"},"causationid":"ab"}"#,
                "PingResponse ab 7"
            ),
            (#" { "type" : "A" , "causationid" : 5 } "#, "A  -"), ("{}", "  -"), ("[]", nil), ("{\"type\":", nil),
            ("", nil),
        ] as [(String, String?)])
    func answersAreScanned(_ text: String, _ found: String?) {
        Array(text.utf8).withUnsafeBytes { bytes in
            let scan = AnswerScan(bytes).map { scan in
                let sequence = AnswerScan.number(bytes.slice(scan.sequence)).map(String.init) ?? "-"
                return "\(bytes.slice(scan.type).text) \(bytes.slice(scan.causationID).text) \(sequence)"
            }
            #expect(scan == found)
        }
    }

    @Test(arguments: [0, 200, 1000, 60_000])
    func requestsAreEventsOfTheWantedSize(_ size: Int) throws {
        var template = RequestTemplate.event(run: 0xAB, size: size)
        for trace in [nil, TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1)] {
            var bytes: [UInt8] = []
            template.withRequest(session: 2, number: 3, trace: trace) { bytes = Array($0) }
            let event = try JSONValue.parse(bytes)
            #expect(event["id"]?.string == "000000ab00000002000000000003" && event["type"]?.string == "PingRequest")
            #expect(event["traceparent"]?.string == trace?.traceparent)
            if trace == nil, size >= 200 { #expect(bytes.count == size) }
        }
        var post = RequestTemplate.post(run: 0xAB, size: size, host: "h:1")
        post.withRequest(session: 2, number: 3, trace: nil) { bytes in
            let parts = bytes.text.split(separator: "\r\n\r\n")
            #expect(parts.count == 2 && parts[0].hasPrefix("POST /ping HTTP/1.1\r\nHost: h:1\r\n"))
            #expect(parts[0].hasSuffix("Content-Length: \(parts[1].utf8.count)"))
            if size >= 200 { #expect(parts[1].utf8.count == size) }
            #expect(parts[1].hasPrefix(#"{"id":"000000ab00000002000000000003","padding":"#))
        }
    }
}
