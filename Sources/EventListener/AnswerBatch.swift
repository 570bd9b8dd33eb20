import Broker
import CloudEvents
import Core
import Telemetry

/// Answers that go out together.
struct AnswerBatch {
    private(set) var events: [UInt8] = []
    private(set) var ends: [Int32] = []
    private(set) var metadata: EventMetadata?
    private(set) var lifetimeMilliseconds: UInt64 = 0
    /// As far as it was given by the events.
    private(set) var givenLifetimeMilliseconds: UInt64 = 0
    /// Of the answer being appended; kept for its storage.
    private var timings: [UInt8] = []
    /// Those of sampled answers: they end when the broker has confirmed them.
    private(set) var spans: [OpenSpan] = []

    /// What became of the events that came in: those of one type and outcome in a row together.
    private(set) var outcomes: [(type: String, outcome: StaticString, count: Int)] = []

    mutating func count(_ type: String, _ outcome: StaticString) {
        if let last = outcomes.last, last.type == type, last.outcome.utf8Start == outcome.utf8Start {
            outcomes[outcomes.count - 1].count += 1
        } else {
            outcomes.append((type, outcome, 1))
        }
    }

    /// - Parameter requestBytes: of all events to be answered, which answers mostly repeat.
    init(requestBytes: Int) { events.reserveCapacity(requestBytes + requestBytes / 2) }

    var isEmpty: Bool { ends.isEmpty }
    var count: Int { ends.count }

    /// - Parameters:
    ///   - request: what the event answers: its hops are told before the service's own.
    ///   - nanoseconds: that the service took.
    ///   - span: of the answer's publishing.
    mutating func append(
        _ event: Event, to request: Event, service: String, nanoseconds: UInt64, span: OpenSpan? = nil
    ) {
        if let span { spans.append(span) }
        if ends.isEmpty {
            metadata = EventMetadata(
                messageID: event.id, correlationID: event.correlationID, type: event.type,
                timestampSeconds: SystemClock.wallNanoseconds() / 1_000_000_000,
                traceparent: event.string(.traceparent), tracestate: event.string(.tracestate),
                baggage: event.string(.baggage))
        } else {
            events.append(0x2C)
        }
        timings.removeAll(keepingCapacity: true)
        // What a handler wrote there itself stays in front.
        if !event.has(.servertiming) {
            request.withValue(.servertiming) { earlier in
                guard earlier.allSatisfy(Self.isPlain) else { return }
                timings.append(bytes: earlier)
                timings.append(0x2C)
            }
        }
        ServerTimings.append(service, nanoseconds: nanoseconds, to: &timings)
        event.append(addingTimings: timings, to: &events)
        ends.append(Int32(truncatingIfNeeded: events.count))
    }

    /// Needs no escape in JSON.
    private static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C }

    /// The batch is of use as long as the longest of the events it answers.
    mutating func extend(toMilliseconds milliseconds: UInt64, isGiven: Bool) {
        lifetimeMilliseconds = max(lifetimeMilliseconds, milliseconds)
        if isGiven { givenLifetimeMilliseconds = max(givenLifetimeMilliseconds, milliseconds) }
    }
}
