import CRabbitMQ
import Core

/// The headers of a received message that mean something here.
struct IncomingHeaders {
    var deliveryCount = 0
    var earlierDeliveries = 0
    var traceparent: String?
    var tracestate: String?
    private(set) var publishTag: UInt64?
    /// The broker's own record, before what others wrote.
    var death: DeathRecord? { brokerDeath ?? parked }
    private var brokerDeath: DeathRecord?
    private var parked: DeathRecord?

    init(_ properties: amqp_basic_properties_t) {
        guard properties._flags & amqp_flags_t(AMQP_BASIC_HEADERS_FLAG) != 0, let entries = properties.headers.entries
        else { return }
        for at in 0..<Int(properties.headers.num_entries) {
            let name = entries[at].key.buffer
            if name.equals(OutgoingProperties.traceparentHeader) {
                traceparent = Self.text(&entries[at].value)
            } else if name.equals(OutgoingProperties.tracestateHeader) {
                tracestate = Self.text(&entries[at].value)
            } else if name.equals("x-delivery-count") {
                deliveryCount = Self.count(&entries[at].value)
            } else if name.equals(OutgoingProperties.earlierDeliveriesHeader) {
                earlierDeliveries = Self.count(&entries[at].value)
            } else if name.equals(OutgoingProperties.publishTagHeader) {
                publishTag = Self.integer(&entries[at].value).flatMap { UInt64(exactly: $0) }
            } else if name.equals("x-death") {
                // The first of the list is the last death.
                brokerDeath = switchboard_amqp_first_table(&entries[at].value).flatMap { Self.death($0.pointee) }
            } else if name.equals(OutgoingProperties.deathHeader) {
                parked = Self.table(&entries[at].value).flatMap { Self.death($0) }
            }
        }
    }

    static func publishTag(_ properties: amqp_basic_properties_t) -> UInt64? { Self(properties).publishTag }

    /// An entry of RabbitMQ's `x-death`: `count`, `reason`, `queue`, `time`, `exchange`, `routing-keys`.
    private static func death(_ table: amqp_table_t) -> DeathRecord? {
        var death = DeathRecord(reason: "", queue: "", exchange: "", routingKey: "", timeSeconds: 0)
        guard let entries = table.entries else { return nil }
        for at in 0..<Int(table.num_entries) {
            let name = entries[at].key.buffer
            if name.equals("reason") {
                death.reason = text(&entries[at].value) ?? ""
            } else if name.equals("queue") {
                death.queue = text(&entries[at].value) ?? ""
            } else if name.equals("exchange") {
                death.exchange = text(&entries[at].value) ?? ""
            } else if name.equals("time") {
                death.timeSeconds = integer(&entries[at].value).flatMap { UInt64(exactly: $0) } ?? 0
            } else if name.equals("routing-keys") {
                // A list in RabbitMQ's record.
                death.routingKey =
                    switchboard_amqp_first(&entries[at].value).flatMap { text($0) } ?? text(&entries[at].value) ?? ""
            }
        }
        return death.reason.isEmpty ? nil : death
    }

    private static func table(_ value: UnsafePointer<amqp_field_value_t>) -> amqp_table_t? {
        value.pointee.kind == UInt8(AMQP_FIELD_KIND_TABLE.rawValue) ? value.pointee.value.table : nil
    }

    private static func text(_ value: UnsafePointer<amqp_field_value_t>) -> String? {
        var bytes = amqp_bytes_t()
        return switchboard_amqp_text(value, &bytes) != 0 ? bytes.text : nil
    }

    private static func integer(_ value: UnsafePointer<amqp_field_value_t>) -> Int64? {
        var integer: Int64 = 0
        return switchboard_amqp_integer(value, &integer) != 0 ? integer : nil
    }

    /// Whoever publishes can write any number: two of these are added.
    private static func count(_ value: UnsafePointer<amqp_field_value_t>) -> Int {
        Int(min(max(0, integer(value) ?? 0), Int64(Int32.max)))
    }
}
