import CRabbitMQ
import Core
import Glibc

/// One connection to RabbitMQ with one channel on it: the only place that calls librabbitmq. It belongs to one thread.
/// After a failure it is of no use but to be released.
final class AMQPLink {
    static let channel: amqp_channel_t = 1
    private static let frameBytesMax: CInt = 131_072

    /// A body of so many bytes may have filled librabbitmq's buffer (128 KiB), and more wait behind it.
    private static let largeBodyBytes = 32_768

    let fd: CInt
    /// Whether the socket is to be read although nobody said that there is anything. It is, once, whenever `poll` has
    /// found something in it; a read for nothing costs two system calls.
    var isReadable = true
    private let state: amqp_connection_state_t
    /// TLS holds bytes that were received and that `poll` does not see.
    private let isTLS: Bool
    private let heartbeatMilliseconds: UInt64
    /// `poll` has found something to read since the last read.
    private var hasArrived = true
    /// Not later than librabbitmq has received something last, or only by moments.
    private var heardAt = SystemClock.monotonic()
    /// A frame that was read before its time.
    private var early: amqp_frame_t?
    private var nextHeartbeatCheck = MonotonicInstant(nanoseconds: 0)
    /// The texts of a message's properties while it is being published.
    private var scratch: [UInt8] = []

    private init(state: amqp_connection_state_t, isTLS: Bool, heartbeatSeconds: Int) {
        self.state = state
        self.isTLS = isTLS
        heartbeatMilliseconds = UInt64(heartbeatSeconds) * 1000
        fd = amqp_get_sockfd(state)
    }

    deinit { amqp_destroy_connection(state) }

    // Opening.

    /// Connects, greets and opens the channel. Blocks for at most about the connect timeout per step.
    static func open(
        _ address: AMQPAddress, _ configuration: AMQPConfiguration, purpose: String
    ) throws(AMQPFailure) -> AMQPLink {
        guard let state = amqp_new_connection() else { throw AMQPFailure(.connectFailed, "out of memory") }
        let link: AMQPLink
        do throws(AMQPFailure) {
            try connect(state, address, configuration)
            link = AMQPLink(
                state: state, isTLS: address.isTLS, heartbeatSeconds: configuration.heartbeatSeconds)
        } catch {
            amqp_destroy_connection(state)
            throw error
        }
        try link.login(address, configuration, purpose: purpose)
        link.limitSendTime(milliseconds: configuration.sendTimeoutMilliseconds)
        return link
    }

    private static func connect(
        _ state: amqp_connection_state_t, _ address: AMQPAddress, _ configuration: AMQPConfiguration
    ) throws(AMQPFailure) {
        var timeout = timeval(
            tv_sec: configuration.connectTimeoutMilliseconds / 1000,
            tv_usec: configuration.connectTimeoutMilliseconds % 1000 * 1000)
        amqp_set_handshake_timeout(state, &timeout)
        amqp_set_rpc_timeout(state, &timeout)
        guard let socket = address.isTLS ? amqp_ssl_socket_new(state) : amqp_tcp_socket_new(state) else {
            throw AMQPFailure(.connectFailed, "librabbitmq can't make a socket")
        }
        if address.isTLS { try prepareTLS(socket, configuration) }
        let status = amqp_socket_open_noblock(socket, address.host, CInt(address.port), &timeout)
        if status != AMQP_STATUS_OK.rawValue {
            throw AMQPFailure(.connectFailed, "can't connect to the broker at \(address.place): \(describe(status))")
        }
    }

    private static func prepareTLS(
        _ socket: OpaquePointer, _ configuration: AMQPConfiguration
    ) throws(AMQPFailure) {
        amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST)
        amqp_ssl_socket_set_verify_peer(socket, configuration.verifiesCertificate ? 1 : 0)
        amqp_ssl_socket_set_verify_hostname(socket, configuration.verifiesCertificate ? 1 : 0)
        if !configuration.verifiesCertificate { return }
        // librabbitmq 0.11 has no call for the system's default; this is Debian's bundle.
        let file = configuration.certificateAuthoritiesFile ?? "/etc/ssl/certs/ca-certificates.crt"
        if amqp_ssl_socket_set_cacert(socket, file) != AMQP_STATUS_OK.rawValue {
            throw AMQPFailure(.connectFailed, "can't read the certificate authorities in \(file)")
        }
    }

    private func login(
        _ address: AMQPAddress, _ configuration: AMQPConfiguration, purpose: String
    ) throws(AMQPFailure) {
        let arena = AMQPArena()
        let capabilities = arena.table([
            switchboard_amqp_entry_boolean(amqp_bytes_t("authentication_failure_close"), 1),
            switchboard_amqp_entry_boolean(amqp_bytes_t("basic.nack"), 1),
            switchboard_amqp_entry_boolean(amqp_bytes_t("connection.blocked"), 1),
            switchboard_amqp_entry_boolean(amqp_bytes_t("consumer_cancel_notify"), 1),
            switchboard_amqp_entry_boolean(amqp_bytes_t("publisher_confirms"), 1),
        ])
        var properties = arena.table([
            switchboard_amqp_entry_table(amqp_bytes_t("capabilities"), capabilities),
            switchboard_amqp_entry_text(
                amqp_bytes_t("connection_name"), arena.bytes("\(configuration.connectionName) \(purpose)")),
            switchboard_amqp_entry_text(amqp_bytes_t("product"), amqp_bytes_t("Switchboard")),
        ])
        let reply = switchboard_amqp_login(
            state, address.virtualHost, 0, Self.frameBytesMax, CInt(configuration.heartbeatSeconds), &properties,
            address.user, address.password)
        if let failure = failure(of: reply) {
            // A broker that can't tell why closes the socket; only the credentials are checked at this point.
            let isRefused = failure.code == 403 || failure.code == 530
            throw AMQPFailure(
                isRefused ? .accessRefused : .connectFailed,
                "the broker at \(address.place) refuses user \(address.user) on virtual host \(address.virtualHost): "
                    + failure.text)
        }
        amqp_channel_open(state, Self.channel)
        if let failure = failure(of: amqp_get_rpc_reply(state)) {
            throw AMQPFailure(.connectFailed, "the broker at \(address.place) opens no channel: \(failure.text)")
        }
    }

    /// Publishing blocks while the socket takes nothing. The kernel ends the connection if the peer takes no data for so
    /// long, whether its machine is gone or its process stalls (zero window), and the blocked call returns.
    private func limitSendTime(milliseconds: Int) {
        var timeout = CUnsignedInt(milliseconds)
        setsockopt(
            fd, CInt(IPPROTO_TCP), TCP_USER_TIMEOUT, &timeout, socklen_t(MemoryLayout<CUnsignedInt>.size))
    }

    // Setting up.

    func declare(_ topology: Topology) throws(AMQPFailure) {
        for exchange in topology.exchanges {
            let arena = AMQPArena()
            amqp_exchange_declare(
                state, Self.channel, arena.bytes(exchange.name), arena.bytes(exchange.kind.rawValue), 0,
                exchange.isDurable ? 1 : 0, 0, 0, amqp_empty_table)
            try check("exchange \(exchange.name) can't be declared", remedy: "delete it there, or rename it here")
        }
        for queue in topology.queues {
            let arena = AMQPArena()
            amqp_queue_declare(
                state, Self.channel, arena.bytes(queue.name), 0, queue.isDurable ? 1 : 0, 0, 0,
                Self.arguments(of: queue, arena))
            try check(
                "queue \(queue.name) can't be declared",
                remedy: "it exists with other arguments: empty and delete it there, or rename it here")
        }
        for binding in topology.bindings {
            let arena = AMQPArena()
            amqp_queue_bind(
                state, Self.channel, arena.bytes(binding.queue), arena.bytes(binding.exchange),
                arena.bytes(binding.routingKey), amqp_empty_table)
            try check("queue \(binding.queue) can't be bound to \(binding.exchange)", remedy: "see the broker's log")
        }
    }

    private static func arguments(of queue: Queue, _ arena: AMQPArena) -> amqp_table_t {
        var entries = [
            switchboard_amqp_entry_text(amqp_bytes_t("x-queue-type"), arena.bytes(queue.kind.rawValue))
        ]
        if let exchange = queue.deadLetterExchange {
            entries.append(switchboard_amqp_entry_text(amqp_bytes_t("x-dead-letter-exchange"), arena.bytes(exchange)))
            if queue.kind == .quorum, queue.lengthMax == nil {
                // Else a dead letter that finds no queue, or whose node ends just then, is lost. The strategy wants the other
                // argument, with which a full queue would refuse its newest message and not lose its oldest.
                let strategy = arena.bytes("at-least-once")
                entries.append(switchboard_amqp_entry_text(amqp_bytes_t("x-dead-letter-strategy"), strategy))
                entries.append(switchboard_amqp_entry_text(amqp_bytes_t("x-overflow"), arena.bytes("reject-publish")))
            }
        }
        if let limit = queue.deliveryLimit {
            entries.append(switchboard_amqp_entry_integer(amqp_bytes_t("x-delivery-limit"), Int64(limit)))
        }
        if let milliseconds = queue.messageTTLMilliseconds {
            entries.append(switchboard_amqp_entry_integer(amqp_bytes_t("x-message-ttl"), Int64(milliseconds)))
        }
        if let most = queue.lengthMax {
            entries.append(switchboard_amqp_entry_integer(amqp_bytes_t("x-max-length"), Int64(most)))
        }
        return arena.table(entries)
    }

    func selectConfirms() throws(AMQPFailure) {
        amqp_confirm_select(state, Self.channel)
        try check("the broker gives no publisher confirms", remedy: "is it RabbitMQ?")
    }

    /// How many messages are ready in a queue that is there; nil if there is none, and then the link is of no more use.
    func messageCount(ofQueue name: String) throws(AMQPFailure) -> Int? {
        let arena = AMQPArena()
        let answer = amqp_queue_declare(state, Self.channel, arena.bytes(name), 1, 0, 0, 0, amqp_empty_table)
        if let answer { return Int(answer.pointee.message_count) }
        // 404 NOT_FOUND (AMQP 0-9-1 §1.1).
        if let failure = failure(of: amqp_get_rpc_reply(state)) {
            if failure.code == 404 { return nil }
            throw AMQPFailure(.connectionLost, "queue \(name) can't be looked at: \(failure.text)")
        }
        return nil
    }

    /// Without waiting for the answer, which comes behind all that was asked for before.
    func askForCount(ofQueue name: String) throws(AMQPFailure) {
        let arena = AMQPArena()
        var method = amqp_queue_declare_t()
        method.queue = arena.bytes(name)
        method.passive = 1
        try check(sent: amqp_send_method(state, Self.channel, AMQPMethod.queueDeclare, &method))
    }

    /// - Parameter consumerTag: another one for each consumer of the link.
    func startConsuming(
        queue: String, prefetch: Int, consumerTag: String = AMQPLink.consumerTag
    ) throws(AMQPFailure) {
        let arena = AMQPArena()
        amqp_basic_qos(state, Self.channel, 0, UInt16(prefetch), 0)
        try check("the broker refuses a prefetch of \(prefetch)", remedy: "see the broker's log")
        amqp_basic_consume(
            state, Self.channel, arena.bytes(queue), arena.bytes(consumerTag), 0, 0, 0, amqp_empty_table)
        try check("queue \(queue) can't be consumed", remedy: "see the broker's log")
    }

    static let consumerTag = "switchboard"

    /// Asks for no further deliveries, without waiting for the answer.
    func stopConsuming() throws(AMQPFailure) {
        let arena = AMQPArena()
        var method = amqp_basic_cancel_t(consumer_tag: arena.bytes(Self.consumerTag), nowait: 1)
        try check(sent: amqp_send_method(state, Self.channel, AMQPMethod.basicCancel, &method))
    }

    /// Asks for one message; basic.get-ok or basic.get-empty follows.
    func ask(queue: String) throws(AMQPFailure) {
        let arena = AMQPArena()
        var method = amqp_basic_get_t(ticket: 0, queue: arena.bytes(queue), no_ack: 0)
        try check(sent: amqp_send_method(state, Self.channel, AMQPMethod.basicGet, &method))
    }

    // Publishing.

    /// May block for the send timeout. The bytes are copied or sent before it returns.
    func publish(_ message: OutgoingMessage, tag: UInt64, now: MonotonicInstant) throws(AMQPFailure) {
        try checkSilence(now: now)
        let status = OutgoingProperties.with(message, tag: tag, now: now, scratch: &scratch) {
            exchange, key, properties in
            message.body.withUnsafeBytes { body in
                amqp_basic_publish(
                    state, Self.channel, exchange, key, message.route.isMandatory ? 1 : 0, 0, &properties,
                    amqp_bytes_t(body))
            }
        }
        try check(sent: status)
    }

    // Settling.

    func acknowledge(_ tag: UInt64, multiple: Bool) throws(AMQPFailure) {
        try check(sent: amqp_basic_ack(state, Self.channel, tag, multiple ? 1 : 0))
    }

    func reject(_ tag: UInt64, requeue: Bool) throws(AMQPFailure) {
        try check(sent: amqp_basic_reject(state, Self.channel, tag, requeue ? 1 : 0))
    }

    /// So that the broker hears of this side while nobody reads, which is when librabbitmq sends heartbeats.
    func sendHeartbeat() throws(AMQPFailure) {
        var frame = amqp_frame_t()
        frame.frame_type = UInt8(AMQP_FRAME_HEARTBEAT)
        try check(sent: amqp_send_frame(state, &frame))
    }

    // Reading.

    /// `poll` has found something in the socket.
    func noteReadable() {
        isReadable = true
        hasArrived = true
    }

    /// The next frame that is there; nil if there is none. Also answers and watches heartbeats: call it at least three
    /// times per heartbeat. The frame's memory is valid until `releaseBuffers`.
    func nextFrame() throws(AMQPFailure) -> amqp_frame_t? {
        if let frame = early {
            early = nil
            return frame
        }
        if !isReadable, !isTLS, !hasBuffered {
            // librabbitmq looks after heartbeats only when it is asked for a frame. With the third of a heartbeat that may
            // pass between two calls of this, that is at least twice per heartbeat.
            let now = SystemClock.monotonic()
            if now < nextHeartbeatCheck { return nil }
            nextHeartbeatCheck = now.advanced(byMilliseconds: heartbeatMilliseconds / 6)
        }
        return try readFrame()
    }

    private func readFrame() throws(AMQPFailure) -> amqp_frame_t? {
        if hasArrived { heardAt = SystemClock.monotonic() }
        isReadable = false
        hasArrived = false
        var frame = amqp_frame_t()
        var timeout = timeval(tv_sec: 0, tv_usec: 0)
        let status = amqp_simple_wait_frame_noblock(state, &frame, &timeout)
        if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
        if status != AMQP_STATUS_OK.rawValue {
            throw AMQPFailure(.connectionLost, "the connection to the broker is lost: \(Self.describe(status))")
        }
        if CInt(frame.frame_type) == AMQP_FRAME_BODY, frame.payload.body_fragment.len >= Self.largeBodyBytes {
            isReadable = true
        }
        return frame
    }

    /// `amqp_basic_publish` of librabbitmq 0.11 reads, when nothing has come for two heartbeats, and waits for that without
    /// an end: what it means as a wait of no time, `amqp_time_s_from_now(0)`, is for ever. So after one heartbeat of silence
    /// it is read here first, which ends the link after two.
    private func checkSilence(now: MonotonicInstant) throws(AMQPFailure) {
        guard early == nil, now.milliseconds(since: heardAt) > heartbeatMilliseconds else { return }
        // What has come without anybody having polled counts from now: librabbitmq will have seen it later than that.
        var descriptor = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        if poll(&descriptor, 1, 0) > 0 { hasArrived = true }
        early = try readFrame()
    }

    /// Whether something was received that nobody has looked at: sending may read, too.
    var hasBuffered: Bool { early != nil || amqp_frames_enqueued(state) != 0 || amqp_data_in_buffer(state) != 0 }

    /// Lets librabbitmq use the memory of frames read so far again, if none is in the middle of being read.
    func releaseBuffers() {
        amqp_maybe_release_buffers_on_channel(state, Self.channel)
        amqp_maybe_release_buffers_on_channel(state, 0)
    }

    /// The failure that a close method from the broker stands for, which is answered as the protocol wants it; nil for
    /// any other method.
    func failure(ofMethod method: amqp_method_t) -> AMQPFailure? {
        switch method.id {
        case AMQPMethod.channelClose:
            guard let close = method.decoded?.assumingMemoryBound(to: amqp_channel_close_t.self).pointee else { break }
            var answer = amqp_channel_close_ok_t()
            amqp_send_method(state, Self.channel, AMQPMethod.channelCloseOK, &answer)
            return AMQPFailure(
                .channelClosed, "the broker closed the channel: \(close.reply_code) \(close.reply_text.text)",
                code: close.reply_code)
        case AMQPMethod.connectionClose:
            guard let close = method.decoded?.assumingMemoryBound(to: amqp_connection_close_t.self).pointee else {
                break
            }
            var answer = amqp_connection_close_ok_t()
            amqp_send_method(state, 0, AMQPMethod.connectionCloseOK, &answer)
            return AMQPFailure(
                .connectionLost, "the broker closed the connection: \(close.reply_code) \(close.reply_text.text)")
        default: break
        }
        return nil
    }

    /// Says goodbye, so that the broker logs no error. Blocks for at most the connect timeout.
    func close() { _ = amqp_connection_close(state, 200) }

    // Failures.

    private func check(_ what: String, remedy: String) throws(AMQPFailure) {
        guard let failure = failure(of: amqp_get_rpc_reply(state)) else { return }
        // 406 PRECONDITION_FAILED: it exists with other arguments (AMQP 0-9-1 §1.1, §3.1.10).
        let hint = failure.code == 406 ? " (\(remedy))" : ""
        throw AMQPFailure(failure.code == nil ? .connectionLost : .topologyRefused, "\(what): \(failure.text)\(hint)")
    }

    private func check(sent status: CInt) throws(AMQPFailure) {
        if status == AMQP_STATUS_OK.rawValue { return }
        throw AMQPFailure(.connectionLost, "the connection to the broker is lost: \(Self.describe(status))")
    }

    /// Nil if the reply is a normal one. The code is AMQP's, if the broker gave one.
    private func failure(of reply: amqp_rpc_reply_t) -> (code: Int?, text: String)? {
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return nil
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            guard let decoded = reply.reply.decoded else { return (nil, "an exception without a reason") }
            // connection.close and channel.close have the same layout.
            let close = decoded.assumingMemoryBound(to: amqp_channel_close_t.self).pointee
            return (Int(close.reply_code), "\(close.reply_code) \(close.reply_text.text)")
        case AMQP_RESPONSE_LIBRARY_EXCEPTION: return (nil, Self.describe(reply.library_error))
        default: return (nil, "no reply")
        }
    }

    private static func describe(_ status: CInt) -> String {
        amqp_error_string2(status).map { String(cString: $0) } ?? "error \(status)"
    }
}
