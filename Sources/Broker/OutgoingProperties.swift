import CRabbitMQ
import Core

/// The properties of a message to be published, in memory that is used again for each one.
enum OutgoingProperties {
    /// Identifies a returned message, whose delivery tag AMQP doesn't repeat.
    static let publishTagHeader: StaticString = "x-publish-tag"
    static let traceparentHeader: StaticString = "traceparent"
    static let tracestateHeader: StaticString = "tracestate"
    static let baggageHeader: StaticString = "baggage"
    static let earlierDeliveriesHeader: StaticString = "x-earlier-deliveries"
    /// A table like an entry of RabbitMQ's `x-death`.
    static let deathHeader: StaticString = "x-parked"
    private static let headersMax = 6

    /// A text within the scratch memory.
    private struct Place {
        var start = 0
        var count = 0

        func bytes(_ scratch: UnsafeRawBufferPointer) -> amqp_bytes_t {
            amqp_bytes_t(scratch.slice(start..<start + count))
        }
    }

    /// Calls `body` with exchange, routing key and properties, all valid only during the call.
    static func with(
        _ message: OutgoingMessage, tag: UInt64, now: MonotonicInstant, scratch: inout [UInt8],
        _ body: (amqp_bytes_t, amqp_bytes_t, inout amqp_basic_properties_t) -> CInt
    ) -> CInt {
        scratch.removeAll(keepingCapacity: true)
        let exchange = place(message.route.exchange, in: &scratch)
        let routingKey = place(message.route.routingKey, in: &scratch)
        let contentType = place(message.contentType, in: &scratch)
        let metadata = message.metadata
        let messageID = shortPlace(metadata?.messageID, in: &scratch)
        let correlationID = shortPlace(metadata?.correlationID, in: &scratch)
        let type = shortPlace(metadata?.type, in: &scratch)
        let traceparent = metadata?.traceparent.map { place($0, in: &scratch) }
        let tracestate = metadata?.tracestate.map { place($0, in: &scratch) }
        let baggage = metadata?.baggage.map { place($0, in: &scratch) }
        let expiration = expirationPlace(message, now: now, in: &scratch)
        return scratch.withUnsafeBytes { scratch in
            withUnsafeTemporaryAllocation(of: amqp_table_entry_t.self, capacity: headersMax) { headers in
                var count = 1
                headers[0] = switchboard_amqp_entry_integer(
                    amqp_bytes_t(publishTagHeader), Int64(truncatingIfNeeded: tag))
                for (name, value) in [
                    (traceparentHeader, traceparent), (tracestateHeader, tracestate), (baggageHeader, baggage),
                ] {
                    guard let value else { continue }
                    headers[count] = switchboard_amqp_entry_text(amqp_bytes_t(name), value.bytes(scratch))
                    count += 1
                }
                if let earlier = metadata?.earlierDeliveries {
                    headers[count] = switchboard_amqp_entry_integer(
                        amqp_bytes_t(earlierDeliveriesHeader), Int64(earlier))
                    count += 1
                }
                let arena = metadata?.death.map { _ in AMQPArena() }
                // The properties refer to its memory.
                defer { withExtendedLifetime(arena) {} }
                if let arena, let death = metadata?.death {
                    headers[count] = switchboard_amqp_entry_table(amqp_bytes_t(deathHeader), table(death, arena))
                    count += 1
                }
                var properties = amqp_basic_properties_t()
                func set(_ field: WritableKeyPath<amqp_basic_properties_t, amqp_bytes_t>, _ flag: CInt, _ place: Place?)
                {
                    guard let place else { return }
                    properties[keyPath: field] = place.bytes(scratch)
                    properties._flags |= amqp_flags_t(flag)
                }
                set(\.content_type, AMQP_BASIC_CONTENT_TYPE_FLAG, contentType)
                set(\.message_id, AMQP_BASIC_MESSAGE_ID_FLAG, messageID)
                set(\.correlation_id, AMQP_BASIC_CORRELATION_ID_FLAG, correlationID)
                set(\.type, AMQP_BASIC_TYPE_FLAG, type)
                set(\.expiration, AMQP_BASIC_EXPIRATION_FLAG, expiration)
                if let seconds = metadata?.timestampSeconds {
                    properties.timestamp = seconds
                    properties._flags |= amqp_flags_t(AMQP_BASIC_TIMESTAMP_FLAG)
                }
                properties.delivery_mode = message.route.isPersistent ? 2 : 1
                properties.headers = amqp_table_t(num_entries: CInt(count), entries: headers.baseAddress)
                properties._flags |= amqp_flags_t(AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_HEADERS_FLAG)
                return body(exchange.bytes(scratch), routingKey.bytes(scratch), &properties)
            }
        }
    }

    private static func table(_ death: DeathRecord, _ arena: AMQPArena) -> amqp_table_t {
        let keys = arena.bytes(death.routingKey)
        return arena.table([
            switchboard_amqp_entry_text(amqp_bytes_t("reason"), arena.bytes(death.reason)),
            switchboard_amqp_entry_text(amqp_bytes_t("queue"), arena.bytes(death.queue)),
            switchboard_amqp_entry_text(amqp_bytes_t("exchange"), arena.bytes(death.exchange)),
            switchboard_amqp_entry_text(amqp_bytes_t("routing-keys"), keys),
            switchboard_amqp_entry_integer(amqp_bytes_t("time"), Int64(truncatingIfNeeded: death.timeSeconds)),
        ])
    }

    private static func place(_ text: String, in scratch: inout [UInt8]) -> Place {
        let start = scratch.count
        scratch.append(utf8: text)
        return Place(start: start, count: scratch.count - start)
    }

    /// For AMQP short strings, which have at most 255 bytes; longer text is left out.
    private static func shortPlace(_ text: String?, in scratch: inout [UInt8]) -> Place? {
        guard let text, text.utf8.count <= 255 else { return nil }
        return place(text, in: &scratch)
    }

    /// Milliseconds as decimal text (RabbitMQ TTL).
    private static func expirationPlace(
        _ message: OutgoingMessage, now: MonotonicInstant, in scratch: inout [UInt8]
    ) -> Place? {
        guard let expiresAt = message.expiresAt else { return nil }
        let start = scratch.count
        scratch.append(decimal: expiresAt.milliseconds(since: now))
        return Place(start: start, count: scratch.count - start)
    }
}
