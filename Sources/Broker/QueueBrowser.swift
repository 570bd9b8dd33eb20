import CRabbitMQ
import Core
import Glibc

/// Goes through a queue from its front and takes out what it is told to. It belongs to one thread.
///
/// Whatever it has looked at is in its hands, invisible to others, until it is closed or its process ends; then all that was
/// not removed is the queue's again, at the front and in its order, delivered once more than before. Bodies are not kept
/// here: a long queue costs no more memory than its longest message and what the sockets hold.
public final class QueueBrowser {
    public struct Failure: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// How long the next of the messages that were there at the beginning is waited for. Others may have taken it.
    private static let waitMilliseconds: UInt64 = 10_000
    private static let lookAgainMicroseconds: useconds_t = 20_000

    /// The most that one consumer can have in hand. (Quorum queues make 2000 of "no limit".)
    private static let prefetchMax = 65_535

    /// How many messages were ready at the beginning.
    public let messageCount: Int
    /// How many of them have come.
    public private(set) var position = 0
    /// Those beyond the limit of size, which were not looked at.
    public private(set) var skipped = 0
    private var consumers = 0
    private var removed = 0
    /// Nil when it is closed.
    private var link: AMQPLink?
    private let queue: String
    private let address: AMQPAddress
    private let configuration: AMQPConfiguration
    private var assembler: DeliveryAssembler
    private let pumpMilliseconds: UInt64
    private var keptAliveAt = SystemClock.monotonic()

    private init(
        _ link: AMQPLink, _ queue: String, _ messageCount: Int, _ address: AMQPAddress,
        _ configuration: AMQPConfiguration
    ) {
        self.link = link
        self.address = address
        self.configuration = configuration
        self.queue = queue
        self.messageCount = messageCount
        assembler = DeliveryAssembler(generation: 1, bytesMax: configuration.messageBytesMax)
        pumpMilliseconds = UInt64(configuration.heartbeatSeconds) * 1000 / 3
    }

    /// Blocks for at most about the connect timeout per step. The queue has to be there: nothing is declared.
    public static func open(_ configuration: AMQPConfiguration, queue: String) throws(Failure) -> QueueBrowser {
        do throws(BrokerConfigurationError) { try configuration.validate() } catch {
            throw Failure(description: "\(error)")
        }
        let address: AMQPAddress
        do throws(BrokerConfigurationError) { address = try AMQPAddress(url: configuration.url) } catch {
            throw Failure(description: "\(error)")
        }
        return try told { () throws(AMQPFailure) in
            let link = try AMQPLink.open(address, configuration, purpose: "browser")
            guard let count = try link.messageCount(ofQueue: queue) else {
                throw AMQPFailure(.connectFailed, "the broker at \(address.place) has no queue \(queue)")
            }
            return QueueBrowser(link, queue, count, address, configuration)
        }
    }

    private static func told<Result>(_ body: () throws(AMQPFailure) -> Result) throws(Failure) -> Result {
        do throws(AMQPFailure) { return try body() } catch { throw Failure(description: error.text) }
    }

    /// The next one; nil when all that were there at the beginning have come.
    public func next() throws(Failure) -> DeliveredMessage? {
        try Self.told { () throws(AMQPFailure) in
            guard let link else { return nil }
            let end = SystemClock.monotonic().advanced(byMilliseconds: Self.waitMilliseconds)
            while position < messageCount {
                if position == consumers * Self.prefetchMax { try addConsumer(link) }
                while let frame = try link.nextFrame() {
                    guard let message = try receive(frame, link) else { continue }
                    return message
                }
                let now = SystemClock.monotonic()
                if now >= end { return nil }
                wait(link, milliseconds: end.milliseconds(since: now))
            }
            return nil
        }
    }

    /// Nothing is settled before all of it has been seen, so each consumer comes to the end of what it may have in hand.
    private func addConsumer(_ link: AMQPLink) throws(AMQPFailure) {
        try link.startConsuming(queue: queue, prefetch: Self.prefetchMax, consumerTag: Self.tag(consumers))
        consumers += 1
    }

    private static func tag(_ consumer: Int) -> String { "browser \(consumer)" }

    private func receive(_ frame: amqp_frame_t, _ link: AMQPLink) throws(AMQPFailure) -> DeliveredMessage? {
        switch try assembler.receive(frame, link, queue: queue) {
        case .incomplete: return nil
        case .message(let message):
            link.releaseBuffers()
            position += 1
            return message
        case .tooLarge:
            link.releaseBuffers()
            position += 1
            skipped += 1
            return nil
        }
    }

    private func wait(_ link: AMQPLink, milliseconds: UInt64) {
        var descriptor = pollfd(fd: link.fd, events: Int16(POLLIN), revents: 0)
        if poll(&descriptor, 1, CInt(clamping: min(milliseconds + 1, pumpMilliseconds))) > 0 { link.noteReadable() }
    }

    /// For who is busy elsewhere: so that the broker does not give up the connection. As often as you like.
    public func keepAlive() throws(Failure) {
        let now = SystemClock.monotonic()
        guard now.milliseconds(since: keptAliveAt) >= pumpMilliseconds else { return }
        keptAliveAt = now
        try Self.told { () throws(AMQPFailure) in try link?.sendHeartbeat() }
    }

    /// It leaves the queue for good, by `close` at the latest.
    public func remove(_ message: DeliveredMessage) throws(Failure) {
        try Self.told { () throws(AMQPFailure) in try link?.acknowledge(message.tag.value, multiple: false) }
        removed += 1
    }

    /// Gives back what was not removed, and returns when the broker has done all that, or takes very long.
    public func close() throws(Failure) {
        try Self.told { () throws(AMQPFailure) in
            guard let link = link.take() else { return }
            let end = SystemClock.monotonic().advanced(byMilliseconds: Self.waitMilliseconds)
            // It is answered after everything that was removed.
            if removed > 0 { _ = try askForCount(link, until: end) }
            // By the connection's end, as RabbitMQ 3.10 takes minutes for 65,535 messages that are rejected at once.
            if position == messageCount { link.close() }
            let other = try AMQPLink.open(address, configuration, purpose: "browser")
            while try askForCount(other, until: end) < messageCount - removed, SystemClock.monotonic() < end {
                usleep(Self.lookAgainMicroseconds)
            }
            other.close()
        }
    }

    private func askForCount(_ link: AMQPLink, until end: MonotonicInstant) throws(AMQPFailure) -> Int {
        try link.askForCount(ofQueue: queue)
        while true {
            // Whatever else comes is not kept.
            while let frame = try link.nextFrame() {
                defer { link.releaseBuffers() }
                guard CInt(frame.frame_type) == AMQP_FRAME_METHOD else { continue }
                let method = frame.payload.method
                if let failure = link.failure(ofMethod: method) { throw failure }
                if method.id == AMQPMethod.queueDeclareOK, let answer = method.decoded {
                    return Int(answer.assumingMemoryBound(to: amqp_queue_declare_ok_t.self).pointee.message_count)
                }
            }
            let now = SystemClock.monotonic()
            guard now < end else {
                throw AMQPFailure(.connectionLost, "the broker does not answer: what was removed may be there still")
            }
            wait(link, milliseconds: end.milliseconds(since: now))
        }
    }
}
