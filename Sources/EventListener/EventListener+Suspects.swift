import Broker
import CloudEvents
import Core
import Telemetry

/// Events that are not handled: those under suspicion of bringing the service down together with their neighbours, and
/// those whose time is over.
extension EventListener {
    private static let lifetimeMillisecondsMin: UInt64 = 1000

    /// Publishes each event of a message that came back again alone, to this queue: so only the one that brings the service
    /// down can reach the delivery limit.
    func separate(_ envelopes: [EventEnvelope], in bytes: UnsafeRawBufferPointer, of message: DeliveredMessage) {
        logger.warning(
            "a message came back; its events are tried one by one",
            ["events": .integer(envelopes.count), "returns": .integer(message.returns)])
        separated.add(UInt64(envelopes.count))
        let settlement = JointSettlement(count: envelopes.count) { [weak self] isDone in
            self?.settle([message.tag], isDone: isDone)
        }
        for envelope in envelopes {
            var metadata = Self.metadata(envelope, in: bytes)
            metadata.earlierDeliveries = message.returns
            publish(
                PublishGroup(
                    route: own, event: Array(bytes.slice(envelope.extent)),
                    expirationMilliseconds: Self.lifetimeMilliseconds(envelope, in: bytes), metadata: metadata,
                    deadline: deadline), settlement)
        }
    }

    /// One that has expired in the meantime is taken once more, and dead-lettered as such.
    private static func lifetimeMilliseconds(_ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer) -> UInt32? {
        guard let text = envelope.value(.expirytime, in: bytes), let expiry = RFC3339.parse(text) else { return nil }
        let now = SystemClock.wallNanoseconds()
        return UInt32(clamping: max(lifetimeMillisecondsMin, expiry > now ? (expiry - now) / 1_000_000 : 0))
    }

    /// Events of a message, to be parked among the dead letters.
    func deadGroup(
        _ envelopes: [EventEnvelope], in bytes: UnsafeRawBufferPointer, of message: DeliveredMessage
    ) -> PublishGroup {
        var events: [UInt8] = []
        var ends: [Int32] = []
        for envelope in envelopes {
            if !ends.isEmpty { events.append(0x2C) }
            events.append(bytes: bytes.slice(envelope.extent))
            ends.append(Int32(truncatingIfNeeded: events.count))
        }
        var metadata = Self.metadata(envelopes[0], in: bytes)
        metadata.death = DeathRecord(
            reason: "expired", queue: queue, exchange: message.exchange, routingKey: message.routingKey,
            timeSeconds: SystemClock.wallNanoseconds() / 1_000_000_000)
        return PublishGroup(
            route: Self.expiredRoute, events: events, ends: ends, metadata: metadata, deadline: deadline)
    }

    /// Not merged with others, whose record is another.
    private static var expiredRoute: BrokerRoute {
        BrokerRoute(exchange: StandardTopology.deadLetterExchange, routingKey: StandardTopology.expiredRoutingKey)
    }

    private var deadline: MonotonicInstant {
        SystemClock.monotonic().advanced(byMilliseconds: brokerWaitMilliseconds)
    }

    private static func metadata(_ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer) -> EventMetadata {
        EventMetadata(
            messageID: envelope.string(.id, in: bytes), correlationID: envelope.string(.correlationid, in: bytes),
            type: envelope.string(.type, in: bytes), timestampSeconds: SystemClock.wallNanoseconds() / 1_000_000_000,
            traceparent: envelope.string(.traceparent, in: bytes), tracestate: envelope.string(.tracestate, in: bytes),
            baggage: envelope.string(.baggage, in: bytes))
    }
}
