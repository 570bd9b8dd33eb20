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

    /// How messages come.
    private enum Supply {
        /// Each when it is asked for and all before it are settled, until one comes that is not suspect: what a consumer
        /// that crashed had in hand is at the front of the queue.
        case asking(isAsked: Bool)
        /// As the prefetch allows.
        case flowing
        /// No more until those that are held have been handed out, each alone, and settled.
        case stopped
    }

    private let control: AMQPControl
    private let queue: String
    private let prefetch: Int
    private let suspectReturns: Int?
    /// Where the queue's rejected messages go.
    private let deadLetterExchange: String?
    private let settlements: SettlementIntake
    /// Nil while there is no connection.
    private var link: AMQPLink?
    private var generation: UInt32 = 0
    private var window = SettlementWindow()
    private var assembler = DeliveryAssembler(generation: 0, bytesMax: 0)
    private var taken: [Settlement] = []
    private var supply = Supply.flowing
    /// Suspects that came among others.
    private var held: [DeliveredMessage] = []
    private var random = RandomSource()
    private var isCancelled = false
    /// What one who settles directly met with; the thread is to end the connection.
    private var failure: AMQPFailure?

    init(control: AMQPControl, consumption: Consumption) {
        self.control = control
        queue = consumption.queue
        deadLetterExchange = control.topology.queues.first { $0.name == consumption.queue }?.deadLetterExchange
        prefetch = consumption.prefetch
        suspectReturns = consumption.suspectReturns
        settlements = consumption.settlements
    }

    /// - Parameter isCancelled: nothing is consumed by this connection.
    func attach(_ link: AMQPLink, isCancelled: Bool) throws(AMQPFailure) {
        begin()
        self.isCancelled = isCancelled
        supply = suspectReturns == nil ? .flowing : .asking(isAsked: false)
        if !isCancelled, suspectReturns == nil { try link.startConsuming(queue: queue, prefetch: prefetch) }
        self.link = link
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
        held = []
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
            if case .flowing = supply { try link.stopConsuming() }
            try giveBackHeld(link)
        }
        let messages = try handOut(try readMessages(link), link)
        if messages.isEmpty {
            if !isCancelled { try ask(link) }
            return .sleep
        }
        control.counters.update {
            $0.messagesConsumed += UInt64(messages.count)
            $0.messagesRedelivered += UInt64(messages.count { $0.isRedelivered })
            $0.bytesConsumed += messages.reduce(0) { $0 + UInt64($1.body.count) }
            $0.messagesUnsettled = window.unsettledCount
        }
        return .deliver(messages)
    }

    // Suspects.

    private func isSuspect(_ message: DeliveredMessage) -> Bool { message.returns >= suspectReturns ?? .max }

    /// For the next message, if that comes alone.
    private func ask(_ link: AMQPLink) throws(AMQPFailure) {
        guard window.unsettledCount == 0 else { return }
        switch supply {
        case .flowing, .asking(isAsked: true): return
        case .stopped, .asking(isAsked: false): break
        }
        try link.ask(queue: queue)
        supply = .asking(isAsked: true)
    }

    private func flow(_ link: AMQPLink) throws(AMQPFailure) {
        supply = .flowing
        if !isCancelled { try link.startConsuming(queue: queue, prefetch: prefetch) }
    }

    /// What of the messages that came is handed out now.
    private func handOut(_ messages: [DeliveredMessage], _ link: AMQPLink) throws(AMQPFailure) -> [DeliveredMessage] {
        if suspectReturns == nil { return messages }
        var others: [DeliveredMessage] = []
        for message in messages {
            let isSuspect = isSuspect(message)
            switch supply {
            case .asking:
                supply = .asking(isAsked: false)
                if !isSuspect { try flow(link) }
                others.append(message)
            case .flowing where isSuspect:
                supply = .stopped
                try link.stopConsuming()
                held.append(message)
            case .stopped where isSuspect: held.append(message)
            case .flowing, .stopped: others.append(message)
            }
        }
        return others.isEmpty ? takeHeld() : others
    }

    /// One of those that came back least often, when nothing else is in the handler's hands. By chance: if several
    /// processes of a service have the same messages in hand one after the other, each is handed out before the one that
    /// they crash on by some of them.
    private func takeHeld() -> [DeliveredMessage] {
        guard !held.isEmpty, window.unsettledCount == held.count, let least = held.map(\.returns).min() else {
            return []
        }
        let candidates = held.indices.filter { held[$0].returns == least }
        return [held.remove(at: candidates[Int(random.next() % UInt64(candidates.count))])]
    }

    /// At the end: they were not handed out.
    private func giveBackHeld(_ link: AMQPLink) throws(AMQPFailure) {
        if held.isEmpty { return }
        for message in held { _ = window.settle(message.tag.value, .requeue) }
        held = []
        control.counters.update { $0.messagesUnsettled = window.unsettledCount }
        try send(link)
    }

    /// All that is there, up to the limits of a batch. After cancelling, what was still under way is left to the broker.
    private func readMessages(_ link: AMQPLink) throws(AMQPFailure) -> [DeliveredMessage] {
        var messages: [DeliveredMessage] = []
        var bytes = 0
        while messages.count < Self.batchMessagesMax, bytes < Self.batchBytesMax, let frame = try link.nextFrame() {
            if CInt(frame.frame_type) == AMQP_FRAME_METHOD, frame.payload.method.id == AMQPMethod.basicGetEmpty {
                // What was still under way of a cancelled consumer may have come first, and started another.
                if case .asking = supply { try flow(link) }
                continue
            }
            switch try assembler.receive(frame, link, queue: queue) {
            case .incomplete: continue
            case .message(let message):
                link.releaseBuffers()
                if isCancelled { continue }
                try note(message.tag.value)
                bytes += message.body.count
                messages.append(message)
            case .tooLarge(let tag, let exchange, let routingKey, let size):
                link.releaseBuffers()
                if isCancelled { continue }
                try note(tag)
                // Among the dead letters it is already, and would come from there again and again.
                let isDead = !exchange.isEmpty && exchange == deadLetterExchange
                _ = window.settle(tag, isDead ? .acknowledge : .discard)
                if case .asking = supply { supply = .asking(isAsked: false) }
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
        if case .flowing = supply { return failure != nil || link.hasBuffered }
        return true
    }

    /// While the handler is at work.
    func sendHeartbeat() {
        guard let link, failure == nil else { return }
        do throws(AMQPFailure) { try link.sendHeartbeat() } catch { failure = error }
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
