import Core
import Telemetry
import Testing

@Suite struct TracerTests {
    private static func span(_ context: TraceContext) -> Span {
        Span("s", kind: .internal, context: context, startNanoseconds: 1, endNanoseconds: 2)
    }

    private let queue = TelemetryQueue<Span>(elementsMax: 4, batchMax: 2) {}

    @Test func childrenStayInTheirTrace() {
        var random = RandomSource()
        let tracer = Tracer(sampler: .parentBasedAlwaysOn, spans: queue)
        let root = tracer.begin(random: &random)
        #expect(root.isValid && root.isSampled && root.flags & TraceContext.randomFlag != 0)
        let child = tracer.begin(parent: root, random: &random)
        #expect(child.traceIDText == root.traceIDText && child.spanID != root.spanID && child.isSampled)
        let unsampled = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 0)
        let other = tracer.begin(parent: unsampled, random: &random)
        #expect(other.traceIDLow == 2 && !other.isSampled && other.flags == 0)
        #expect(tracer.begin(parent: TraceContext.none, random: &random).traceIDLow != 0)
    }

    @Test func onlySampledSpansAreRecorded() {
        var random = RandomSource()
        let tracer = Tracer(sampler: .parentBasedAlwaysOn, spans: queue)
        tracer.record(Self.span(TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 0)))
        tracer.record(Self.span(.none))
        #expect(queue.count == 0)
        tracer.record(Self.span(tracer.begin(random: &random)))
        #expect(queue.count == 1)
    }

    @Test func aDisabledOnePassesContextsOnAndRecordsNothing() {
        var random = RandomSource()
        let context = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1)
        #expect(!Tracer.disabled.isEnabled && !Tracer.disabled.records(context))
        #expect(Tracer.disabled.begin(parent: context, random: &random) == context)
        #expect(Tracer.disabled.begin(random: &random) == .none)
        Tracer.disabled.record(Self.span(context))
    }

    @Test func aFullQueueDropsAndCounts() {
        let wakes = Counter()
        let queue = TelemetryQueue<Int>(elementsMax: 4, batchMax: 2) { wakes.add() }
        for number in 0..<6 { queue.offer(number) }
        #expect(queue.count == 4 && queue.dropped == 2 && wakes.value == 2)
        var batch: [Int] = []
        queue.take(into: &batch)
        #expect(batch == [0, 1, 2, 3])
        // What is under way still takes room.
        queue.offer(6)
        #expect(queue.dropped == 3 && queue.count == 4 && queue.waitingCount == 0)
        queue.settle(exported: 3, dropped: 1)
        queue.offer(7)
        #expect(queue.count == 1 && queue.exported == 3 && queue.dropped == 4)
    }

    @Test func nothingIsLostUncountedBetweenThreads() throws {
        let queue = TelemetryQueue<Int>(elementsMax: 100, batchMax: 10) {}
        let threads = try (0..<4).map { _ in
            try Thread(name: "offer") { for number in 0..<5000 { queue.offer(number) } }
        }
        var taken = 0
        var batch: [Int] = []
        while UInt64(taken) + queue.dropped < 20_000 {
            queue.take(into: &batch)
            #expect(batch.count <= 100)
            taken += batch.count
            queue.settle(exported: batch.count, dropped: 0)
            batch.removeAll()
        }
        for thread in threads { thread.join() }
        #expect(queue.exported == UInt64(taken) && queue.exported + queue.dropped == 20_000 && queue.count == 0)
    }
}
