import Broker
import CloudEvents
import Core

/// Collects those events of a POST that take the same route.
struct GroupBuilder {
    let route: BrokerRoute
    private(set) var indices: [Int] = []
    private var events: [UInt8] = []
    private var ends: [Int32] = []
    private var lifetimeMilliseconds: UInt64 = 0
    private var metadata: EventMetadata?

    init(route: BrokerRoute) { self.route = route }

    mutating func append(
        _ envelope: EventEnvelope, of bytes: UnsafeRawBufferPointer, index: Int, lifetimeMilliseconds: UInt64,
        handlingNanoseconds: UInt64
    ) {
        if indices.isEmpty { metadata = Self.metadata(envelope, bytes) } else { events.append(0x2C) }
        ServerTimings.appendEvent(
            bytes.slice(envelope.extent), value: envelope.valueRange(.servertiming),
            adding: "dispatcher", nanoseconds: handlingNanoseconds, to: &events)
        ends.append(Int32(truncatingIfNeeded: events.count))
        indices.append(index)
        self.lifetimeMilliseconds = max(self.lifetimeMilliseconds, lifetimeMilliseconds)
    }

    func group(deadline: MonotonicInstant) -> PublishGroup {
        PublishGroup(
            route: route, events: events, ends: ends,
            expirationMilliseconds: UInt32(clamping: lifetimeMilliseconds), metadata: metadata, deadline: deadline)
    }

    private static func metadata(_ envelope: EventEnvelope, _ bytes: UnsafeRawBufferPointer) -> EventMetadata {
        EventMetadata(
            messageID: envelope.string(.id, in: bytes), correlationID: envelope.string(.correlationid, in: bytes),
            type: envelope.string(.type, in: bytes),
            timestampSeconds: SystemClock.wallNanoseconds() / 1_000_000_000,
            traceparent: envelope.string(.traceparent, in: bytes), tracestate: envelope.string(.tracestate, in: bytes))
    }
}
