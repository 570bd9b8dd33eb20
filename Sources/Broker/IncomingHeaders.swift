import CRabbitMQ
import Core

/// The headers of a received message that mean something here.
struct IncomingHeaders {
    var deliveryCount = 0
    var traceparent: String?
    var tracestate: String?
    private(set) var publishTag: UInt64?

    init(_ properties: amqp_basic_properties_t) {
        guard properties._flags & amqp_flags_t(AMQP_BASIC_HEADERS_FLAG) != 0, let entries = properties.headers.entries
        else { return }
        for at in 0..<Int(properties.headers.num_entries) {
            let name = entries[at].key.buffer
            if name.equals(OutgoingProperties.traceparentHeader) {
                traceparent = Self.text(entries + at)
            } else if name.equals(OutgoingProperties.tracestateHeader) {
                tracestate = Self.text(entries + at)
            } else if name.equals("x-delivery-count") {
                deliveryCount = Int(truncatingIfNeeded: max(0, Self.integer(entries + at) ?? 0))
            } else if name.equals(OutgoingProperties.publishTagHeader) {
                publishTag = Self.integer(entries + at).flatMap { UInt64(exactly: $0) }
            }
        }
    }

    static func publishTag(_ properties: amqp_basic_properties_t) -> UInt64? { Self(properties).publishTag }

    private static func text(_ entry: UnsafeMutablePointer<amqp_table_entry_t>) -> String? {
        var bytes = amqp_bytes_t()
        return switchboard_amqp_text(&entry.pointee.value, &bytes) != 0 ? bytes.text : nil
    }

    private static func integer(_ entry: UnsafeMutablePointer<amqp_table_entry_t>) -> Int64? {
        var integer: Int64 = 0
        return switchboard_amqp_integer(&entry.pointee.value, &integer) != 0 ? integer : nil
    }
}
