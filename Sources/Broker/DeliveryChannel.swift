import CRabbitMQ
import Core

/// What one broker object has taken from its queue and not settled, and the link. The consuming thread and those who settle
/// directly take turns at it, under a lock.
final class DeliveryChannel {
    /// How much is handed to the handler at once.
    private static let batchMessagesMax = 256
    private static let batchBytesMax = 1 << 20

    /// What the consuming thread does next.
    enum Step {
        case deliver([DeliveredMessage])
        case sleep, end
    }

    private let control: AMQPControl
    private let queue: String
    private let settlements: SettlementIntake
    /// Nil while there is no connection.
    private var link: AMQPLink?
    private var generation: UInt32 = 0
    private var window = SettlementWindow()
    private var assembler = DeliveryAssembler(generation: 0, bytesMax: 0)
    private var taken: [Settlement] = []
    private var isCancelled = false
    /// What one who settles directly met with; the thread is to end the connection.
    private var failure: AMQPFailure?

    init(control: AMQPControl, queue: String, settlements: SettlementIntake) {
        self.control = control
        self.queue = queue
        self.settlements = settlements
    }

    /// - Parameter isCancelled: nothing is consumed by this connection.
    func attach(_ link: AMQPLink, isCancelled: Bool) {
        begin()
        self.link = link
        self.isCancelled = isCancelled
    }

    func detach() {
        begin()
        link = nil
        failure = nil
    }

    /// Earlier deliveries are the broker's again, and their tags mean nothing.
    private func begin() {
        generation &+= 1
        control.counters.update { $0.messagesUnsettled = 0 }
        window = SettlementWindow()
        assembler = DeliveryAssembler(generation: generation, bytesMax: control.configuration.messageBytesMax)
    }

    /// One turn of the consuming thread.
    func turn() throws(AMQPFailure) -> Step {
        if let failure { throw failure }
        guard let link else { return .end }
        // Before the settlements are taken: those that came until the end still go out.
        let phase = control.phase
        if takeSettlements() { try send(link) }
        if phase == .finishing { return .end }
        if phase == .draining, !isCancelled {
            isCancelled = true
            try link.stopConsuming()
        }
        let messages = try readMessages(link)
        if messages.isEmpty { return .sleep }
        control.counters.update {
            $0.messagesConsumed += UInt64(messages.count)
            $0.messagesRedelivered += UInt64(messages.count { $0.isRedelivered })
            $0.bytesConsumed += messages.reduce(0) { $0 + UInt64($1.body.count) }
            $0.messagesUnsettled = window.unsettledCount
        }
        return .deliver(messages)
    }

    /// All that is there, up to the limits of a batch. After cancelling, what was still under way is left to the broker.
    private func readMessages(_ link: AMQPLink) throws(AMQPFailure) -> [DeliveredMessage] {
        var messages: [DeliveredMessage] = []
        var bytes = 0
        while messages.count < Self.batchMessagesMax, bytes < Self.batchBytesMax, let frame = try link.nextFrame() {
            switch try receive(frame, link) {
            case .incomplete: continue
            case .message(let message):
                link.releaseBuffers()
                if isCancelled { continue }
                try note(message.tag.value)
                bytes += message.body.count
                messages.append(message)
            case .tooLarge(let tag, let routingKey, let size):
                link.releaseBuffers()
                if isCancelled { continue }
                try note(tag)
                _ = window.settle(tag, .discard)
                control.observers.report(
                    .messageTooLarge, "a message of \(size) bytes (\(routingKey)) is over the limit and was rejected")
                try send(link)
            }
        }
        return messages
    }

    private func note(_ tag: UInt64) throws(AMQPFailure) {
        if !window.deliver(tag) { throw AMQPFailure(.connectionLost, "the broker's delivery tags are out of order") }
    }

    private func receive(_ frame: amqp_frame_t, _ link: AMQPLink) throws(AMQPFailure) -> DeliveryAssembler.Result {
        switch CInt(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            let method = frame.payload.method
            if let failure = link.failure(ofMethod: method) { throw failure }
            if method.id == AMQPMethod.basicDeliver,
                let deliver = method.decoded?.assumingMemoryBound(to: amqp_basic_deliver_t.self).pointee
            {
                assembler.receive(deliver)
            } else if method.id == AMQPMethod.basicCancel {
                throw AMQPFailure(
                    .consumerCancelled, "the broker cancelled the consumer: was queue \(queue) deleted?")
            }
            return .incomplete
        case AMQP_FRAME_HEADER:
            let properties = frame.payload.properties
            guard let decoded = properties.decoded?.assumingMemoryBound(to: amqp_basic_properties_t.self) else { break }
            return assembler.receive(decoded.pointee, bodySize: properties.body_size)
        case AMQP_FRAME_BODY: return assembler.receive(frame.payload.body_fragment)
        default: break
        }
        return .incomplete
    }

    // Settlements.

    /// Settles the only delivery that is not settled, on the caller's thread. Nil if it has to be posted: more are likely
    /// to be settled soon, and go out together.
    /// - Returns: whether the consuming thread is to be woken.
    func settleDirectly(_ settlement: Settlement) -> Bool? {
        guard let link, failure == nil, window.unsettledCount == 1, settlement.tag.generation == generation else {
            return nil
        }
        if apply(CollectionOfOne(settlement)) {
            do throws(AMQPFailure) { try send(link) } catch { failure = error }
        }
        // Of what librabbitmq read while it sent, `poll` knows nothing.
        return failure != nil || link.hasBuffered
    }

    func dropSettlements() { _ = takeSettlements() }

    /// True if there were any of this connection.
    private func takeSettlements() -> Bool {
        settlements.take(into: &taken)
        if taken.isEmpty { return false }
        defer { taken.removeAll(keepingCapacity: true) }
        return apply(taken)
    }

    private func apply(_ settlements: some Collection<Settlement>) -> Bool {
        var acknowledged = 0
        var rejected = 0
        for settlement in settlements where settlement.tag.generation == generation {
            let count = window.settle(settlement.tag.value, settlement.kind)
            switch settlement.kind {
            case .acknowledge, .acknowledgeThrough: acknowledged += count
            case .requeue, .discard: rejected += count
            }
        }
        control.counters.update {
            $0.messagesAcknowledged += UInt64(acknowledged)
            $0.messagesRejected += UInt64(rejected)
            $0.messagesUnsettled = window.unsettledCount
        }
        return acknowledged + rejected > 0
    }

    private func send(_ link: AMQPLink) throws(AMQPFailure) {
        window.flush()
        for command in window.commands {
            switch command {
            case .acknowledge(let tag, let multiple): try link.acknowledge(tag, multiple: multiple)
            case .reject(let tag, let requeue): try link.reject(tag, requeue: requeue)
            }
        }
        window.removeCommands()
    }
}
