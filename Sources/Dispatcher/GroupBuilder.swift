import Broker
import CloudEvents
import Core
import EventTracing
import Telemetry

/// Collects those events of a POST that take the same route.
struct GroupBuilder {
    /// What an event gains at most by what is added to it here, about.
    private static let bytesAdded = 64

    let route: BrokerRoute
    /// Of its first event, as it stands in the JSON.
    private let rawType: [UInt8]
    private(set) var indices: [Int] = []
    private var events: [UInt8] = []
    private var ends: [Int32] = []
    private var lifetimeMilliseconds: UInt64 = 0
    private var metadata: EventMetadata?
    /// Those of sampled events.
    private(set) var spans: [PublishSpans] = []

    /// - Parameters:
    ///   - first: the first event to come.
    ///   - postBytes: of a POST whose events are likely to take this route all; 0 if they don't.
    init(route: BrokerRoute, rawType: UnsafeRawBufferPointer, first: EventEnvelope, postBytes: Int) {
        self.route = route
        self.rawType = Array(rawType)
        // As if all that is left were events like the first one.
        let bytes = max(0, postBytes - first.extent.lowerBound)
        let count = bytes / max(1, first.extent.count) + 1
        events.reserveCapacity(bytes + count * Self.bytesAdded)
        ends.reserveCapacity(count)
        indices.reserveCapacity(count)
    }

    /// Whether events of that type, as it stands in the JSON, are known to take its route.
    func takes(rawType other: UnsafeRawBufferPointer) -> Bool { other.equals(rawType) }

    /// Of its events, which take the same route.
    var type: String { metadata?.type ?? "" }

    /// - Parameter context: what the event is to carry; `none` leaves it as it came.
    mutating func append(
        _ envelope: EventEnvelope, of bytes: UnsafeRawBufferPointer, index: Int, lifetimeMilliseconds: UInt64,
        handlingNanoseconds: UInt64, context: TraceContext, spans: PublishSpans?
    ) {
        if indices.isEmpty { metadata = Self.metadata(envelope, bytes, context) } else { events.append(0x2C) }
        if let spans { self.spans.append(spans) }
        envelope.append(
            from: bytes, context: context, addingHop: "dispatcher", nanoseconds: handlingNanoseconds, to: &events)
        ends.append(Int32(truncatingIfNeeded: events.count))
        indices.append(index)
        self.lifetimeMilliseconds = max(self.lifetimeMilliseconds, lifetimeMilliseconds)
    }

    func group(deadline: MonotonicInstant) -> PublishGroup {
        PublishGroup(
            route: route, events: events, ends: ends,
            expirationMilliseconds: UInt32(clamping: lifetimeMilliseconds), metadata: metadata, deadline: deadline)
    }

    private static func metadata(
        _ envelope: EventEnvelope, _ bytes: UnsafeRawBufferPointer, _ context: TraceContext
    ) -> EventMetadata {
        EventMetadata(
            messageID: envelope.string(.id, in: bytes), correlationID: envelope.string(.correlationid, in: bytes),
            type: envelope.string(.type, in: bytes),
            timestampSeconds: SystemClock.wallNanoseconds() / 1_000_000_000,
            traceparent: context.isValid ? context.traceparent : envelope.string(.traceparent, in: bytes),
            tracestate: envelope.string(.tracestate, in: bytes), baggage: envelope.string(.baggage, in: bytes))
    }
}
