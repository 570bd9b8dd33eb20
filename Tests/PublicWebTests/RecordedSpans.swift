import Core
import Telemetry
import TestSupport

/// The spans that the tiers of a test have ended, by tier.
final class RecordedSpans {
    private let sampler: Sampler?
    private let propagates: Bool
    private var queues: [(service: String, queue: TelemetryQueue<Span>)] = []
    private var taken: [RecordedSpan] = []

    init(sampler: Sampler?, propagates: Bool) {
        self.sampler = sampler
        self.propagates = propagates
    }

    func tracer(of service: String) -> Tracer {
        guard let sampler else { return .disabled }
        let queue = TelemetryQueue<Span>(elementsMax: 10_000, batchMax: 10_000) {}
        queues.append((service, queue))
        return Tracer(
            sampler: sampler, spans: queue, propagatesTraceContext: propagates, propagatesBaggage: propagates)
    }

    /// Those so far.
    var all: [RecordedSpan] {
        for (service, queue) in queues {
            var batch: [Span] = []
            queue.take(into: &batch)
            queue.settle(exported: batch.count, dropped: 0)
            taken += batch.map { RecordedSpan(service: service, span: $0) }
        }
        return taken
    }

    /// Waits for so many of those that are asked for.
    func await(_ count: Int, _ isAskedFor: (RecordedSpan) -> Bool = { _ in true }) -> [RecordedSpan] {
        Polling.until { all.filter(isAskedFor).count >= count }
        return all.filter(isAskedFor)
    }

    /// The way from a span up to its trace's first one, as `service: name`, with the latter first.
    func path(to span: RecordedSpan) -> [String] {
        var path = ["\(span.service): \(span.span.name)"]
        var at = span
        while let parent = all.first(where: {
            $0.span.context.spanID == at.span.parentSpanID && $0.span.context.isSameTrace(as: at.span.context)
        }) {
            path.insert("\(parent.service): \(parent.span.name)", at: 0)
            at = parent
        }
        return path
    }
}

struct RecordedSpan {
    let service: String
    let span: Span

    var events: [String] { span.events.map { "\($0.name)" } }

    func attribute(_ key: String) -> AttributeValue? {
        span.attributes.first { "\($0.key)" == key }?.value
    }
}
