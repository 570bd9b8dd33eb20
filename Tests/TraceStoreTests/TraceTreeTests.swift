import Testing
import TraceStore

@Suite struct TraceTreeTests {
    /// A line for each row: depth, what it is, and its offset.
    private static func drawn(_ tree: TraceTree) -> [String] {
        tree.rows.map { row in
            let text =
                switch row.content {
                case .span(let index, let place):
                    tree.spans[index].name + (place == .root || place == .child ? "" : " \(place)")
                case .event(let span, let number): "event " + tree.spans[span].events[number].name
                case .log(let index): "log " + tree.logs[index].body.text
                }
            return "\(row.depth) \(text) \(row.startNanoseconds)" + (row.isFollowed ? " +" : "")
        }
    }

    private static func millisecond(_ number: UInt64) -> UInt64 { 1_000_000_000 + number }

    private static func span(
        _ id: UInt64, _ parent: UInt64, _ name: String, _ kind: RecordedSpan.Kind, _ start: UInt64, _ end: UInt64,
        host: String = "h"
    ) -> RecordedSpan {
        SampleSpan.make(
            id, parent: parent, name, kind: kind, from: millisecond(start), to: millisecond(end), host: host)
    }

    @Test func childrenEventsAndLogsStandByTime() {
        var root = Self.span(1, 0, "root", .server, 0, 100)
        for (name, time) in [("late", 95), ("early", 5)] as [(String, UInt64)] {
            var event = RecordedSpan.Event()
            event.name = name
            event.nanoseconds = Self.millisecond(time)
            root.events.append(event)
        }
        let tree = TraceTree(
            spans: [
                Self.span(3, 1, "second", .client, 50, 60), Self.span(4, 3, "deep", .server, 52, 58), root,
                Self.span(2, 1, "first", .client, 10, 40),
            ],
            logs: [
                SampleSpan.log("between", at: Self.millisecond(45), span: 1),
                SampleSpan.log("stray", at: Self.millisecond(46), span: 77),
                SampleSpan.log("in first", at: Self.millisecond(12), span: 2),
            ])
        #expect(
            Self.drawn(tree) == [
                "0 root 0", "1 event early 5 +", "1 first 10 +", "2 log in first 12", "1 log between 45 +",
                "1 second 50",
                "2 deep 52", "1 event late 95",
            ])
        #expect(tree.stray.map(\.log) == [1] && tree.extentNanoseconds == 100 && tree.clockShifts.isEmpty)
    }

    @Test func orphansAndCirclesAreShown() {
        let tree = TraceTree(
            spans: [
                Self.span(1, 0, "root", .server, 0, 9), Self.span(2, 99, "orphan", .client, 5, 6),
                Self.span(3, 2, "its child", .server, 5, 6), Self.span(4, 5, "round", .client, 3, 4),
                Self.span(5, 4, "and round", .client, 2, 4), Self.span(6, 6, "itself", .client, 8, 9),
            ], logs: [])
        #expect(
            Self.drawn(tree) == [
                "0 root 0", "0 orphan orphan(parent: 99) 5", "1 its child 5", "0 and round circular 2", "1 round 3",
                "0 itself circular 8",
            ])
    }

    /// A chain of ten thousand is walked without recursion.
    @Test func depthIsUpToTheSender() {
        let spans = (1...10_000 as ClosedRange<UInt64>).map { Self.span($0, $0 - 1, "s", .internal, $0, 10_001) }
        let tree = TraceTree(spans: spans.reversed(), logs: [])
        #expect(tree.rows.count == 10_000 && tree.rows.last?.depth == 9999)
    }

    /// (client, server on another host, the shift that is expected of the server's clock)
    @Test(
        arguments: [
            ((0, 100), (20, 80), 0), ((0, 100), (1020, 1080), -1000), ((0, 100), (-500, -440), 520),
            // Longer than the client waited, and begun after it: as it is.
            ((0, 100), (10, 500), 0),
            // Longer, and begun before: they begin together.
            ((0, 100), (-10, 500), 10),
        ] as [((Int, Int), (Int, Int), Int)])
    func aServerLiesWithinItsClient(_ client: (Int, Int), _ server: (Int, Int), _ shift: Int) {
        func at(_ offset: Int) -> UInt64 { UInt64(10_000 + offset) }
        let tree = TraceTree(
            spans: [
                Self.span(1, 0, "client", .client, at(client.0), at(client.1)),
                Self.span(2, 1, "server", .server, at(server.0), at(server.1), host: "other"),
                Self.span(3, 2, "in it", .internal, at(server.0 + 1), at(server.0 + 2), host: "other"),
            ], logs: [])
        #expect(tree.clockShifts.map { Int($0.nanoseconds) } == (shift == 0 ? [] : [shift]))
        #expect(tree.rows.map { Int($0.startNanoseconds) } == [0, server.0 + shift, server.0 + shift + 1])
        #expect(tree.clockShifts.allSatisfy { $0.clock == "other" })
    }

    /// A message may wait in its queue: that its consumer begins long after its producer has ended is no clock's fault.
    @Test func aConsumerMayComeLaterButNotBefore() {
        func shifts(_ consumer: UInt64) -> [Int64] {
            TraceTree(
                spans: [
                    Self.span(1, 0, "send", .producer, 1000, 1010),
                    Self.span(2, 1, "process", .consumer, consumer, consumer + 5, host: "other"),
                ], logs: []
            ).clockShifts.map(\.nanoseconds)
        }
        #expect(shifts(500_000) == [] && shifts(1000) == [] && shifts(400) == [600])
    }

    /// There and back: all edges between two clocks bound the one shift.
    @Test func oneShiftFitsAllEdgesOfAClock() {
        let tree = TraceTree(
            spans: [
                Self.span(1, 0, "send", .producer, 1000, 1010),
                Self.span(2, 1, "process", .consumer, 5, 30, host: "listener"),
                Self.span(3, 2, "send back", .producer, 20, 25, host: "listener"),
                Self.span(4, 3, "process back", .consumer, 1100, 1110),
            ], logs: [SampleSpan.log("there", at: Self.millisecond(21), span: 3, host: "listener")])
        // From 995, when it would begin with its cause, to 1080, when its effect would begin with it.
        #expect(tree.clockShifts.map(\.nanoseconds) == [1037])
        #expect(
            Self.drawn(tree) == [
                "0 send 0", "1 process 42", "2 send back 57", "3 log there 58 +", "3 process back 100",
            ])
    }

    @Test func noTimeOverflows() {
        var late = SampleSpan.make(2, parent: 1, kind: .server, from: 0, to: .max, host: "x")
        var event = RecordedSpan.Event()
        event.nanoseconds = .max
        late.events = [event]
        let spans = [
            SampleSpan.make(1, kind: .client, from: .max - 1, to: .max), late,
            SampleSpan.make(3, parent: 2, kind: .client, from: 1, to: 2, host: "y"),
        ]
        let tree = TraceTree(spans: spans, logs: [SampleSpan.log("x", at: .max, span: 3, host: "y")])
        #expect(tree.rows.count == 5)
    }
}
