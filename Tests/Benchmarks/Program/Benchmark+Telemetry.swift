import Core
import Telemetry

extension Benchmark {
    private static let context = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 0)
    private static let sampledContext = TraceContext(
        traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: TraceContext.sampledFlag)

    static var telemetry: [Benchmark] {
        [
            Benchmark("telemetry.counter", "one added", isAllocationFree: true) {
                Counter()
            } _: { counter, count in
                for _ in 0..<count {
                    counter.add()
                    Sink.use(1)
                }
            },
            recording("telemetry.histogram", "a duration, of a trace that is not sampled", context),
            recording("telemetry.histogram.exemplar", "a duration, of a trace that is sampled", sampledContext),
            Benchmark("telemetry.trace.unsampled", "a trace begun that is not sampled, at 1 %", isAllocationFree: true)
            {
                (tracer: tracer("traceidratio", 0.0), random: RandomSource())
            } _: { state, count in
                for _ in 0..<count {
                    let context = state.tracer.begin(random: &state.random)
                    Sink.use(state.tracer.records(context))
                }
            },
            Benchmark("telemetry.trace.declined", "a parent that is not sampled, from its text", isAllocationFree: true)
            {
                (
                    tracer: tracer("parentbased_traceidratio", 0.01),
                    text: Samples.place(Array("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00".utf8))
                )
            } _: { state, count in
                for _ in 0..<count {
                    Sink.touch(state.text)
                    Sink.use(state.tracer.declines(state.tracer.extract(UnsafeRawBufferPointer(state.text))))
                }
            },
            Benchmark("telemetry.span", "a sampled span with six attributes, begun, ended, taken from the queue") {
                (tracer: tracer("always_on", 1), random: RandomSource(), batch: [Span](), number: 0)
            } _: { state, count in
                for _ in 0..<count { span(state.tracer, &state.random, &state.batch, &state.number) }
            },
        ]
    }

    private static func recording(_ name: String, _ operation: String, _ context: TraceContext) -> Benchmark {
        Benchmark(name, operation, isAllocationFree: true) {
            Histogram(bounds: Histogram.durationBounds)
        } _: { histogram, count in
            for at in 0..<count { histogram.record(nanoseconds: UInt64(at & 0xFF_FFFF), context: context) }
        }
    }

    private static func tracer(_ name: String, _ ratio: Double) -> Tracer {
        guard let sampler = Sampler(name: name, ratio: ratio) else { preconditionFailure("no such sampler") }
        return Tracer(sampler: sampler, spans: TelemetryQueue(elementsMax: 2048, batchMax: 512) {})
    }

    private static func span(
        _ tracer: Tracer, _ random: inout RandomSource, _ batch: inout [Span], _ number: inout Int
    ) {
        let context = tracer.begin(parent: sampledContext, random: &random)
        var span = OpenSpan(
            "receive PingRequest", kind: .server, context: context, parent: sampledContext,
            attributes: [
                SpanAttribute("messaging.message.id", .string("0198c5a0-7d5e-7001-8000-000000000001")),
                SpanAttribute("event.type", .string("PingRequest")),
                SpanAttribute("correlation_id", .string("0198c5a0-7d5e-7001-8000-000000000002")),
            ])
        span.set("network.protocol.name", .string("websocket"))
        span.set("network.protocol.version", .string("13"))
        span.set("messaging.batch.message_count", .integer(number))
        span.end(tracer)
        number += 1
        guard number & 63 == 0, let spans = tracer.spans else { return }
        spans.take(into: &batch)
        Sink.use(batch.count)
        spans.settle(exported: batch.count, dropped: 0)
        batch.removeAll(keepingCapacity: true)
    }
}
