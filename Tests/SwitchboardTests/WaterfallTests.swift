import Testing
import TraceStore

@testable import switchboard

@Suite struct WaterfallTests {
    private static let start: UInt64 = 1_700_000_000_000_000_000
    private static let plain = TextStyle(isTerminal: false, environment: [:])

    init() { DisplayWidth.prepare() }

    private static func attributes(_ pairs: [(String, String)]) -> [RecordedAttribute] {
        pairs.map { RecordedAttribute($0.0, .string($0.1)) }
    }

    private static func span(
        _ id: UInt64, _ parent: UInt64, _ service: String, _ name: String, _ kind: RecordedSpan.Kind, _ from: UInt64,
        _ to: UInt64, host: String = "h1"
    ) -> RecordedSpan {
        let resource = RecordedResource(attributes: attributes([("service.name", service), ("host.name", host)]))
        var span = RecordedSpan(traceID: TraceID(high: 1, low: 2), spanID: id, resource: resource)
        span.parentSpanID = parent
        span.name = name
        span.kind = kind
        span.startNanoseconds = start + from * 1000
        span.endNanoseconds = start + to * 1000
        return span
    }

    private static func log(_ span: RecordedSpan, _ at: UInt64, _ text: String, _ severity: Int) -> RecordedLog {
        var log = RecordedLog(resource: span.resource)
        log.traceID = span.traceID
        log.spanID = span.spanID
        log.nanoseconds = start + at * 1000
        log.severity = severity
        log.body = .string(text)
        log.attributes = attributes([("event_id", "e1"), ("tries", "2")])
        return log
    }

    /// A ping with a retry and a failure, its listener on a host whose clock is a second fast.
    private static var answer: TraceAnswer {
        var post = span(3, 2, "web", "POST /events", .client, 300, 900)
        var retry = RecordedSpan.Event()
        retry.name = "retry"
        retry.nanoseconds = start + 500_000
        retry.attributes = attributes([("attempt", "1")])
        post.events = [retry]
        var failed = span(5, 4, "listener", "process it", .consumer, 1_000_400, 1_000_700, host: "h2")
        failed.status = .error
        failed.statusMessage = "no\u{1B}[31m luck"
        failed.attributes = attributes([("error.type", "timeout")])
        let spans = [
            span(1, 0, "cli", "PingRequest", .client, 0, 2000),
            span(2, 1, "web", "receive PingRequest", .server, 100, 1900), post,
            span(4, 3, "dispatcher", "POST /events", .server, 1_000_350, 1_000_800, host: "h2"), failed,
            span(6, 99, "web", "push", .internal, 1500, 1600),
        ]
        var summary = TraceSummary(traceID: TraceID(high: 1, low: 2))
        summary.startNanoseconds = start
        summary.durationNanoseconds = 2_000_000
        (summary.spanCount, summary.logCount, summary.errorCount) = (6, 2, 1)
        summary.services = ["cli", "dispatcher", "listener", "web"]
        var answer = TraceAnswer(matched: .eventID, listing: TraceListing(total: 1, traces: [summary]))
        answer.spans = spans
        answer.logs = [log(spans[1], 1700, "it is late", 13), log(spans[3], 1_000_600, "handled", 9)]
        answer.eventIDs = ["e1"]
        answer.correlationIDs = ["s1"]
        return answer
    }

    private static func text(_ columns: Int?, _ style: TextStyle = plain) -> String {
        TraceText(answer: answer, layout: Waterfall.Layout(columns: columns), style: style).lines.joined(
            separator: "\n")
    }

    @Test(arguments: [
        (
            nil,
            #"""
            trace 00000000000000010000000000000002  2023-11-14 22:13:20.000 UTC  2.000 ms  6 spans  4 services  2 logs  1 error
            event e1
            session s1
            offset ms     took                          kind     service: span
                0.000    2.000 ████████████████████████ client   cli: PingRequest
                0.100    1.800  ██████████████████████  server   └ web: receive PingRequest
                0.300    0.600    ████████              client     └ web: POST /events
                0.375    0.450     ██████               server       └ dispatcher: POST /events
                0.425    0.300      ████                consumer       └ listener: process it  ✗ timeout: no\u{1b}[31m luck
                0.625                 ·                                  ≡ INFO handled  tries=2
                0.500                ·                                 ◆ retry  attempt=1
                1.700                              ·                 ≡ WARN it is late  tries=2
                1.500    0.100                   █      internal web: push  (its parent is missing)
            ! clock of h2: 999.975 ms fast; its times are shown that much earlier, durations as they were measured
            ! 1 parent missing: not recorded, not sent yet, or from a sender that does not export to here
            """#
        ),
        (
            80,
            #"""
            trace 00000000000000010000000000000002
            2023-11-14 22:13:20.000 UTC  2.000 ms  6 spans  4 services  2 logs  1 error
            event e1
            session s1
            offset ms     took                kind service: span
                0.000    2.000 ██████████████ clnt cli: PingRequest
                0.100    1.800 █████████████  srvr └web: receive PingRequest
                0.300    0.600   ████         clnt  └web: POST /events
                0.375    0.450   ████         srvr   └dispatcher: POST /events
                0.425    0.300   ███          cons    └listener: process it  ✗ timeout: no\…
                0.625              ·                   ≡ INFO handled  tries=2
                0.500             ·                   ◆ retry  attempt=1
                1.700                     ·          ≡ WARN it is late  tries=2
                1.500    0.100           █    intl web: push  (its parent is missing)
            ! clock of h2: 999.975 ms fast; its times are shown that much earlier, durations as they were measured
            ! 1 parent missing: not recorded, not sent yet, or from a sender that does not export to here
            """#
        ),
    ])
    func drawings(_ columns: Int?, _ expected: String) { #expect(Self.text(columns) == expected) }

    @Test(arguments: [1, 40, 60, 80, 99, 100, 200, 1000]) func noLineOfTheDrawingIsWiderThanTheTerminal(_ columns: Int)
    {
        let tree = TraceTree(spans: Self.answer.spans, logs: Self.answer.logs)
        for style in [Self.plain, TextStyle(isTerminal: true, environment: [:])] {
            let lines = Waterfall(tree, layout: Waterfall.Layout(columns: columns), style: style).lines
            #expect(lines.count == 10)
            for line in lines {
                let text = line.replacing(/\u{1B}\[[0-9]+m/, with: "")
                #expect(text.count <= max(40, columns) && text.last != " " && !text.contains("\u{1B}"), "\(text)")
            }
        }
    }

    /// Errors in red, whoever's they are.
    @Test func coloursAreForTerminalsThatWantThem() {
        let coloured = TextStyle(isTerminal: true, environment: ["TERM": "xterm", "NO_COLOR": ""])
        #expect(Self.text(120, coloured).contains("\u{1B}[31mprocess it\u{1B}[0m"))
        #expect(Self.text(120, coloured).replacing(/\u{1B}\[[0-9]+m/, with: "") == Self.text(120))
        for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
            #expect(Self.text(80, TextStyle(isTerminal: true, environment: environment)) == Self.text(80))
        }
    }

    @Test func aTraceOfLogsOnlyIsShownToo() {
        var answer = TraceAnswer(
            matched: .traceID,
            listing: TraceListing(total: 1, traces: [TraceSummary(traceID: TraceID(high: 1, low: 2))]))
        var log = Self.answer.logs[0]
        log.spanID = 0
        answer.logs = [log]
        let text = TraceText(answer: answer, layout: Waterfall.Layout(columns: nil), style: Self.plain).lines
        #expect(text[1].hasPrefix("no span of this trace is here"))
        #expect(text.last?.hasSuffix("≡ web: WARN it is late  tries=2") == true, "\(text)")
    }

    @Test func longTracesAreInSeconds() {
        let tree = TraceTree(
            spans: [Self.span(1, 0, "a", "all night", .internal, 0, 36_000_000_000)], logs: [])
        #expect(
            Waterfall(tree, layout: Waterfall.Layout(columns: nil), style: Self.plain).lines == [
                " offset s      took                          kind     service: span",
                "    0.000 36000.000 ████████████████████████ internal a: all night",
            ])
    }

    /// A chain of a thousand spans is drawn at a depth that can be read.
    @Test func deepTreesAreDrawnNarrow() {
        let spans = (1...1000 as ClosedRange<UInt64>).map { Self.span($0, $0 - 1, "a", "s\($0)", .internal, $0, 1001) }
        let lines = Waterfall(
            TraceTree(spans: spans, logs: []), layout: Waterfall.Layout(columns: nil), style: Self.plain
        ).lines
        #expect(lines.last?.hasSuffix("└ a: s1000") == true && lines.last?.contains("‹975›") == true)
        #expect(lines.allSatisfy { $0.count < 140 })
    }
}
