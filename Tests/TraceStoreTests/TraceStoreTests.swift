import Core
import Testing
import TraceStore

@Suite struct TraceStoreTests {
    private static let now = MonotonicInstant(nanoseconds: 1_000_000_000)

    private static func id(_ number: UInt64) -> TraceID { TraceID(high: number, low: 1) }

    private func store(_ change: (inout TraceStoreLimits) -> Void = { _ in }) -> TraceStore {
        var limits = TraceStoreLimits()
        change(&limits)
        return TraceStore(limits: limits)
    }

    @Test func findsByEveryID() throws {
        var store = store()
        let span = SampleSpan.make(1, event: "e1", correlation: "s1")
        let answer = SampleSpan.make(2, parent: 1, event: "e2", correlation: "s1")
        #expect(
            store.add(SampleSpan.batch([span, answer], logs: [SampleSpan.log("hello", span: 1)]), now: Self.now) == 0)
        for (id, match) in [
            (SampleSpan.trace.text, TraceAnswer.Match.traceID), (SampleSpan.trace.text.uppercased(), .traceID),
            (String(SampleSpan.trace.text.prefix(8)), .traceID), ("e1", .eventID), ("e2", .eventID),
            ("s1", .correlationID),
        ] {
            let found = try #require(store.find(id, max: 10, now: Self.now), "\(id)")
            #expect(found.matched == match && found.spans == [span, answer] && found.logs.count == 1, "\(id)")
            #expect(found.eventIDs == ["e1", "e2"] && found.correlationIDs == ["s1"])
        }
        for id in ["", "e3", "4bf92f3", "00000000000000000000000000000000", Self.id(9).text] {
            #expect(store.find(id, max: 10, now: Self.now) == nil, "\(id)")
        }
    }

    @Test func aSessionHasManyTracesTheNewestFirst() throws {
        var store = store()
        for number in [3, 1, 2] as [UInt64] {
            let span = SampleSpan.make(
                1, from: number * 1000, to: number * 1000 + 10, trace: Self.id(number), correlation: "s")
            _ = store.add(SampleSpan.batch([span]), now: Self.now)
        }
        let found = try #require(store.find("s", max: 2, now: Self.now))
        #expect(found.listing.total == 3 && found.listing.traces.map(\.traceID) == [Self.id(3), Self.id(2)])
        #expect(found.spans.isEmpty)
    }

    @Test func lateSpansJoinTheirTraceAndSecondOnesDoNot() throws {
        var store = store()
        _ = store.add(SampleSpan.batch([SampleSpan.make(2, parent: 1, from: 100, to: 200)]), now: Self.now)
        _ = store.add(SampleSpan.batch([SampleSpan.make(2, parent: 1, "again")]), now: Self.now)
        let later = Self.now.advanced(byMilliseconds: 500)
        _ = store.add(SampleSpan.batch([SampleSpan.make(1, "root", from: 50, to: 300, event: "e")]), now: later)
        let found = try #require(store.find("e", max: 1, now: later.advanced(byMilliseconds: 7)))
        let summary = try #require(found.listing.traces.first)
        #expect(found.spans.map(\.name) == ["work", "root"])
        #expect(summary.name == "root" && summary.hasRoot && summary.quietMilliseconds == 7)
        #expect(store.counters.duplicates == 1 && store.counters.spans == 2)
    }

    @Test func theOldestTraceGoesFirst() {
        var store = store { $0.tracesMax = 2 }
        for number in 1...3 as ClosedRange<UInt64> {
            let span = SampleSpan.make(1, trace: Self.id(number), event: "e\(number)", correlation: "s")
            _ = store.add(SampleSpan.batch([span]), now: Self.now)
        }
        #expect(store.traceCount == 2 && store.counters.evictedTraces == 1)
        #expect(
            store.find("e1", max: 1, now: Self.now) == nil && store.find(Self.id(1).text, max: 1, now: Self.now) == nil)
        #expect(store.find("s", max: 9, now: Self.now)?.listing.total == 2)
    }

    @Test func bytesAreBounded() {
        var store = store { $0.traceBytesMax = 20_000 }
        for number in 1...200 as ClosedRange<UInt64> {
            let name = String(repeating: "x", count: Int(number) * 7)
            _ = store.add(
                SampleSpan.batch([
                    SampleSpan.make(1, name, trace: Self.id(number), event: "\(number)", correlation: "s")
                ]),
                now: Self.now)
            #expect(store.traceByteCount <= 20_000)
        }
        #expect(store.counters.evictedTraces == UInt64(200 - store.traceCount))
        #expect(store.find("200", max: 1, now: Self.now) != nil && store.find("1", max: 1, now: Self.now) == nil)
        #expect(store.find("s", max: 1, now: Self.now)?.listing.total == store.traceCount)
    }

    @Test func aTraceThatIsFullRefusesWhatElseComes() {
        var store = store { $0.recordsPerTraceMax = 3 }
        let spans = (1...5 as ClosedRange<UInt64>).map { SampleSpan.make($0) }
        #expect(store.add(SampleSpan.batch(spans, logs: [SampleSpan.log("x")]), now: Self.now) == 3)
        #expect(store.counters.refused == 3 && store.counters.spans == 3)
        var narrow = self.store { $0.bytesPerTraceMax = 4000 }
        #expect(narrow.add(SampleSpan.batch((1...50).map { SampleSpan.make($0) }), now: Self.now) > 40)
        #expect(narrow.traceByteCount <= 4000)
    }

    /// Evicting what grows must not go round in circles.
    @Test func aSpanLargerThanTheStoreIsGone() {
        var store = store { $0.traceBytesMax = 100 }
        #expect(store.add(SampleSpan.batch([SampleSpan.make(1, event: "e")]), now: Self.now) == 0)
        #expect(store.traceCount == 0 && store.traceByteCount == 0 && store.counters.evictedTraces == 1)
    }

    @Test func identifiersAreBounded() {
        var store = store { $0.identifiersPerTraceMax = 4 }
        let spans = (1...10 as ClosedRange<UInt64>).map { SampleSpan.make($0, event: "e\($0)") }
        _ = store.add(SampleSpan.batch(spans), now: Self.now)
        #expect(store.find("e4", max: 1, now: Self.now) != nil && store.find("e5", max: 1, now: Self.now) == nil)
    }

    @Test func logsWithoutATraceAreFoundByTheirIDs() throws {
        var store = store { $0.looseLogsMax = 3 }
        let logs = (1...5 as ClosedRange<UInt64>).map {
            SampleSpan.log("\($0)", at: 10 - $0, trace: nil, event: "e\($0)", correlation: "s")
        }
        _ = store.add(SampleSpan.batch(logs: logs), now: Self.now)
        let found = try #require(store.find("s", max: 10, now: Self.now))
        #expect(found.looseLogs.map(\.body.text) == ["5", "4", "3"] && found.matched == .correlationID)
        #expect(store.counters.evictedLogs == 2 && store.find("e2", max: 1, now: Self.now) == nil)
        #expect(store.find("e5", max: 1, now: Self.now)?.matched == .eventID)
        // With a trace of the event they come along.
        _ = store.add(SampleSpan.batch([SampleSpan.make(1, event: "e4")]), now: Self.now)
        #expect(store.find(SampleSpan.trace.text, max: 10, now: Self.now)?.looseLogs.map(\.body.text) == ["4"])
    }

    @Test func lastAndSlowest() {
        var store = store()
        for (number, took) in [(1, 50), (2, 500), (3, 5)] as [(UInt64, UInt64)] {
            let start = number * 1000
            _ = store.add(
                SampleSpan.batch([SampleSpan.make(1, from: start, to: start + took, trace: Self.id(number))]),
                now: Self.now)
        }
        _ = store.add(
            SampleSpan.batch(logs: [SampleSpan.log("only a log", at: 9999, trace: Self.id(4))]), now: Self.now)
        #expect(store.last(2, now: Self.now).traces.map(\.traceID) == [Self.id(3), Self.id(2)])
        #expect(store.slowest(2, now: Self.now).traces.map(\.traceID) == [Self.id(2), Self.id(1)])
        #expect(store.last(100, now: Self.now).total == 3 && store.last(0, now: Self.now).traces.isEmpty)
    }

    /// What came after a response was sent counts, but no time of another clock does.
    @Test func theDurationIsOfTheRootsClock() throws {
        var store = store()
        let spans = [
            SampleSpan.make(1, from: 1000, to: 1100), SampleSpan.make(2, parent: 1, from: 1050, to: 1500),
            SampleSpan.make(3, parent: 1, from: 900_000, to: 900_100, host: "elsewhere"),
        ]
        _ = store.add(SampleSpan.batch(spans), now: Self.now)
        #expect(store.last(1, now: Self.now).traces.first?.durationNanoseconds == 500)
    }

    @Test func anAnswerIsOTLPAndReadAgainTheSame() throws {
        var store = store()
        var span = SampleSpan.make(1, "é\"\n", kind: .producer, event: "e", correlation: "s")
        span.attributes += [
            RecordedAttribute("d", .double(.infinity)), RecordedAttribute("b", .bytes("AQI=")),
            RecordedAttribute("a", .array([.bool(true), .none, .object([RecordedAttribute("x", .integer(-1))])])),
        ]
        var event = RecordedSpan.Event()
        event.name = "retry"
        event.nanoseconds = 1200
        span.events = [event]
        span.links = [RecordedSpan.Link(traceID: Self.id(7), spanID: 8)]
        span.status = .error
        span.statusMessage = "why"
        span.droppedEvents = 3
        let other = SampleSpan.make(2, parent: 1, service: "b")
        let logs = [SampleSpan.log("x", span: 1), SampleSpan.log("loose", trace: nil, event: "e", severity: 17)]
        _ = store.add(SampleSpan.batch([span, other], logs: logs), now: Self.now)
        let answer = try #require(store.find("e", max: 5, now: Self.now))
        var bytes: [UInt8] = []
        answer.append(to: &bytes)
        #expect(TraceAnswer(parsing: bytes) == answer, "\(String(decoding: bytes, as: UTF8.self))")
        let batch = try OTLPDecoder.decode(bytes)
        #expect(batch.spans == [span, other] && batch.logs == logs)
        for cut in [0, 1, bytes.count / 2, bytes.count - 1] {
            #expect(TraceAnswer(parsing: Array(bytes[..<cut])) == nil)
        }
    }
}
