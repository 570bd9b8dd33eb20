import CRabbitMQ
import Core

/// Makes messages of the frames that carry them: basic.deliver, a content header, bodies (AMQP 0-9-1 §4.2.6).
struct DeliveryAssembler {
    enum Result {
        case incomplete
        case message(DeliveredMessage)
        /// The body is beyond the limit; its bytes were skipped.
        case tooLarge(tag: UInt64, exchange: String, routingKey: String, bytes: UInt64)
    }

    private enum State {
        case idle, header
        case body(left: UInt64)
    }

    private let generation: UInt32
    private let bytesMax: Int
    private var state = State.idle
    private var tag: UInt64 = 0
    private var isRedelivered = false
    private var exchange = ""
    private var routingKey = ""
    private var contentType = ""
    private var timestampSeconds: UInt64?
    private var headers: IncomingHeaders?
    private var bodySize: UInt64 = 0
    private var body: [UInt8] = []

    init(generation: UInt32, bytesMax: Int) {
        self.generation = generation
        self.bytesMax = bytesMax
    }

    /// Takes what belongs to a message; throws what means the end of the link.
    mutating func receive(_ frame: amqp_frame_t, _ link: AMQPLink, queue: String) throws(AMQPFailure) -> Result {
        switch CInt(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            let method = frame.payload.method
            if let failure = link.failure(ofMethod: method) { throw failure }
            switch method.id {
            case AMQPMethod.basicDeliver:
                if let deliver = method.decoded?.assumingMemoryBound(to: amqp_basic_deliver_t.self) {
                    receive(deliver.pointee)
                }
            case AMQPMethod.basicGetOK:
                if let message = method.decoded?.assumingMemoryBound(to: amqp_basic_get_ok_t.self) {
                    receive(message.pointee)
                }
            case AMQPMethod.basicCancel:
                throw AMQPFailure(
                    .consumerCancelled, "the broker cancelled the consumer: was queue \(queue) deleted?")
            default: break
            }
        case AMQP_FRAME_HEADER:
            let properties = frame.payload.properties
            guard let decoded = properties.decoded?.assumingMemoryBound(to: amqp_basic_properties_t.self) else { break }
            return receive(decoded.pointee, bodySize: properties.body_size)
        case AMQP_FRAME_BODY: return receive(frame.payload.body_fragment)
        default: break
        }
        return .incomplete
    }

    mutating func receive(_ deliver: amqp_basic_deliver_t) {
        tag = deliver.delivery_tag
        isRedelivered = deliver.redelivered != 0
        Self.update(&exchange, deliver.exchange)
        Self.update(&routingKey, deliver.routing_key)
        state = .header
    }

    mutating func receive(_ message: amqp_basic_get_ok_t) {
        tag = message.delivery_tag
        isRedelivered = message.redelivered != 0
        Self.update(&exchange, message.exchange)
        Self.update(&routingKey, message.routing_key)
        state = .header
    }

    mutating func receive(_ properties: amqp_basic_properties_t, bodySize: UInt64) -> Result {
        guard case .header = state else { return .incomplete }
        headers = IncomingHeaders(properties)
        if properties._flags & amqp_flags_t(AMQP_BASIC_CONTENT_TYPE_FLAG) == 0 {
            contentType = ""
        } else {
            Self.update(&contentType, properties.content_type)
        }
        let hasTime = properties._flags & amqp_flags_t(AMQP_BASIC_TIMESTAMP_FLAG) != 0
        timestampSeconds = hasTime ? properties.timestamp : nil
        self.bodySize = bodySize
        body = []
        if bodySize == 0 { return complete() }
        if bodySize <= UInt64(bytesMax) { body.reserveCapacity(Int(bodySize)) }
        state = .body(left: bodySize)
        return .incomplete
    }

    mutating func receive(_ fragment: amqp_bytes_t) -> Result {
        guard case .body(let left) = state else { return .incomplete }
        if bodySize <= UInt64(bytesMax) { body.append(bytes: fragment.buffer) }
        let count = UInt64(fragment.buffer.count)
        if count >= left { return complete() }
        state = .body(left: left - count)
        return .incomplete
    }

    private mutating func complete() -> Result {
        state = .idle
        if bodySize > UInt64(bytesMax) {
            return .tooLarge(tag: tag, exchange: exchange, routingKey: routingKey, bytes: bodySize)
        }
        defer { body = [] }
        return .message(
            DeliveredMessage(
                tag: DeliveryTag(generation: generation, value: tag), body: body, contentType: contentType,
                isRedelivered: isRedelivered, deliveryCount: headers?.deliveryCount ?? 0,
                earlierDeliveries: headers?.earlierDeliveries ?? 0, exchange: exchange, routingKey: routingKey,
                traceparent: headers?.traceparent, tracestate: headers?.tracestate, timestampSeconds: timestampSeconds,
                death: headers?.death))
    }

    /// Successive messages mostly say the same: then no new text is made.
    private static func update(_ text: inout String, _ bytes: amqp_bytes_t) {
        let isSame = text.withUTF8 { UnsafeRawBufferPointer($0).elementsEqual(bytes.buffer) }
        if !isSame { text = bytes.text }
    }
}
