import Broker
import CloudEvents
import Core

/// Answers that go out together.
struct AnswerBatch {
    private(set) var events: [UInt8] = []
    private(set) var ends: [Int32] = []
    private(set) var metadata: EventMetadata?
    private(set) var lifetimeMilliseconds: UInt64 = 0

    var isEmpty: Bool { ends.isEmpty }
    var count: Int { ends.count }

    mutating func append(_ event: Event) {
        if ends.isEmpty {
            metadata = EventMetadata(
                messageID: event.id, correlationID: event.correlationID, type: event.type,
                timestampSeconds: SystemClock.wallNanoseconds() / 1_000_000_000,
                traceparent: event.extension("traceparent"), tracestate: event.extension("tracestate"))
        } else {
            events.append(0x2C)
        }
        events.append(contentsOf: event.bytes)
        ends.append(Int32(truncatingIfNeeded: events.count))
    }

    /// The batch is of use as long as the longest of the events it answers.
    mutating func extend(toMilliseconds milliseconds: UInt64) {
        lifetimeMilliseconds = max(lifetimeMilliseconds, milliseconds)
    }
}
