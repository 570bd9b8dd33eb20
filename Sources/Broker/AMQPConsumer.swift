import CRabbitMQ
import Core

/// The consuming thread of an `AMQPBroker`: one connection, its deliveries, and their settlements.
final class AMQPConsumer {
    /// How much is handed to the handler at once.
    private static let batchMessagesMax = 256
    private static let batchBytesMax = 1 << 20

    private let control: AMQPControl
    private let consumption: Consumption
    private let wake: WakeSignal
    private var generation: UInt32 = 0
    private var window = SettlementWindow()
    private var assembler = DeliveryAssembler(generation: 0, bytesMax: 0)
    private var taken: [Settlement] = []
    private var isCancelled = false

    init(control: AMQPControl, consumption: Consumption, wake: WakeSignal) {
        self.control = control
        self.consumption = consumption
        self.wake = wake
    }

    func run() {
        var delay = control.makeReconnectDelay()
        control.report(.consumer, .connecting)
        while control.phase != .finishing {
            var isConnected = false
            do throws(AMQPFailure) {
                let link = try control.open(.consumer)
                begin()
                if control.phase == .running {
                    try link.startConsuming(queue: consumption.queue, prefetch: consumption.prefetch)
                } else {
                    isCancelled = true
                }
                isConnected = true
                control.reportConnected(.consumer)
                delay.reset()
                try serve(link)
                try settle(link)
                link.close()
            } catch {
                control.reportFailure(.consumer, error, wasConnected: isConnected)
                begin()
                awaitRetry(milliseconds: delay.nextMilliseconds())
            }
        }
        begin()
    }

    /// A new channel: earlier deliveries are the broker's again, and their tags mean nothing.
    private func begin() {
        generation &+= 1
        control.counters.update { $0.messagesUnsettled = 0 }
        window = SettlementWindow()
        assembler = DeliveryAssembler(generation: generation, bytesMax: control.configuration.messageBytesMax)
        isCancelled = false
    }

    private func awaitRetry(milliseconds: Int) {
        let end = SystemClock.monotonic().advanced(byMilliseconds: UInt64(milliseconds))
        while control.phase != .finishing {
            takeSettlements()
            let now = SystemClock.monotonic()
            if now >= end { return }
            let rest = Int(truncatingIfNeeded: end.milliseconds(since: now)) + 1
            AMQPControl.sleep(wake, link: nil, milliseconds: rest)
        }
    }

    // With a connection.

    private func serve(_ link: AMQPLink) throws(AMQPFailure) {
        while true {
            try settle(link)
            let phase = control.phase
            if phase == .finishing { return }
            if phase == .draining, !isCancelled {
                isCancelled = true
                try link.stopConsuming()
            }
            let messages = try readMessages(link)
            if messages.isEmpty {
                AMQPControl.sleep(wake, link: link, milliseconds: control.heartbeatPumpMilliseconds)
            } else {
                deliver(messages)
            }
        }
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
                    .consumerCancelled, "the broker cancelled the consumer: was queue \(consumption.queue) deleted?")
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

    private func deliver(_ messages: [DeliveredMessage]) {
        control.counters.update {
            $0.messagesConsumed += UInt64(messages.count)
            $0.messagesRedelivered += UInt64(messages.count { $0.isRedelivered })
            $0.bytesConsumed += messages.reduce(0) { $0 + UInt64($1.body.count) }
            $0.messagesUnsettled = window.unsettledCount
        }
        consumption.handler(messages)
    }

    // Settlements.

    private func settle(_ link: AMQPLink) throws(AMQPFailure) {
        if takeSettlements() { try send(link) }
    }

    /// True if there were any of this connection.
    @discardableResult
    private func takeSettlements() -> Bool {
        consumption.settlements.take(into: &taken)
        if taken.isEmpty { return false }
        var acknowledged = 0
        var rejected = 0
        for settlement in taken where settlement.tag.generation == generation {
            let count = window.settle(settlement.tag.value, settlement.kind)
            switch settlement.kind {
            case .acknowledge, .acknowledgeThrough: acknowledged += count
            case .requeue, .discard: rejected += count
            }
        }
        taken.removeAll(keepingCapacity: true)
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
