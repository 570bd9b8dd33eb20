import Core

/// The broker between in-memory brokers, as a state machine: no threads, no clock. It routes, queues, delivers on demand,
/// takes back, counts deliveries, expires and dead-letters as RabbitMQ's quorum queues do.
struct InMemoryHubCore {
    /// A message dead-lettered in a circle is dropped after so many queues.
    private static let deadLetterDepthMax = 8

    private struct ExchangeState {
        let declaration: Exchange
        var bindings: [(binding: Binding, pattern: TopicPattern)] = []
    }

    private var exchanges: [String: ExchangeState] = [:]
    private var queues: [String: InMemoryQueue] = [:]
    private var consumers: [UInt64: InMemoryConsumer] = [:]
    private var lastConsumer: UInt64 = 0
    private let bytesMax: Int
    /// Of all bodies held. A message in several queues counts once for each.
    private(set) var bytesHeld = 0
    /// What dead letters say of the time; whoever makes a step sets it.
    var wallSeconds: UInt64 = 0
    /// Consumers for which something became ready since it was last emptied.
    var consumersToWake: Set<UInt64> = []

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    // The topology.

    /// Nil, or why it is refused: something of that name exists with other arguments.
    mutating func declare(_ topology: Topology) -> String? {
        for exchange in topology.exchanges {
            if let existing = exchanges[exchange.name], existing.declaration != exchange {
                return "exchange \(exchange.name) exists with other arguments"
            }
            if exchanges[exchange.name] == nil { exchanges[exchange.name] = ExchangeState(declaration: exchange) }
        }
        for queue in topology.queues {
            if let existing = queues[queue.name], existing.declaration != queue {
                return "queue \(queue.name) exists with other arguments"
            }
            if queues[queue.name] == nil { queues[queue.name] = InMemoryQueue(queue) }
        }
        for binding in topology.bindings {
            if exchanges[binding.exchange]?.bindings.contains(where: { $0.binding == binding }) == false {
                exchanges[binding.exchange]?.bindings.append((binding, TopicPattern(binding.routingKey)))
            }
        }
        return nil
    }

    func messageCount(inQueue name: String) -> Int { queues[name]?.count ?? 0 }

    // Publishing.

    /// Queues the message for every matching binding: `.confirmed`, `.unroutable`, or `.rejected` when the hub is full.
    mutating func publish(_ message: InMemoryMessage, now: MonotonicInstant) -> PublishOutcome {
        if bytesHeld + message.body.count > bytesMax { return .rejected }
        return route(message, now: now, depth: 0) ? .confirmed : .unroutable
    }

    private mutating func route(_ message: InMemoryMessage, now: MonotonicInstant, depth: Int) -> Bool {
        var targets: [String] = []
        if message.exchange.isEmpty {
            if queues[message.routingKey] != nil { targets = [message.routingKey] }
        } else if let exchange = exchanges[message.exchange] {
            for (binding, pattern) in exchange.bindings where !targets.contains(binding.queue) {
                let matches =
                    switch exchange.declaration.kind {
                    case .topic: pattern.matches(message.routingKey)
                    case .direct: binding.routingKey == message.routingKey
                    case .fanout: true
                    }
                if matches { targets.append(binding.queue) }
            }
        }
        for target in targets { enqueue(message, queue: target, now: now, depth: depth) }
        return !targets.isEmpty
    }

    private mutating func enqueue(_ message: InMemoryMessage, queue name: String, now: MonotonicInstant, depth: Int) {
        guard queues[name] != nil else { return }
        queues[name]?.append(message, now: now)
        bytesHeld += message.body.count
        if let most = queues[name]?.declaration.lengthMax, queues[name]?.count ?? 0 > most,
            let oldest = queues[name]?.popFirst()
        {
            bury(oldest, "maxlen", from: name, now: now, depth: depth)
        }
        wakeConsumers(ofQueue: name)
    }

    /// Dead-letters a message that has left its queue for good.
    private mutating func bury(
        _ message: InMemoryMessage, _ reason: String, from name: String, now: MonotonicInstant, depth: Int
    ) {
        bytesHeld -= message.body.count
        guard let exchange = queues[name]?.declaration.deadLetterExchange, depth < Self.deadLetterDepthMax else {
            return
        }
        let letter = InMemoryMessage(
            exchange: exchange, routingKey: message.routingKey, body: message.body, contentType: message.contentType,
            traceparent: message.traceparent, tracestate: message.tracestate,
            timestampSeconds: message.timestampSeconds,
            earlierDeliveries: message.earlierDeliveries,
            death: DeathRecord(
                reason: reason, queue: name, exchange: message.exchange, routingKey: message.routingKey,
                timeSeconds: wallSeconds))
        _ = route(letter, now: now, depth: depth + 1)
    }

    private mutating func wakeConsumers(ofQueue name: String) {
        for consumer in queues[name]?.consumers ?? [] {
            if let state = consumers[consumer], state.unsettled.count < state.prefetch {
                consumersToWake.insert(consumer)
            }
        }
    }

    // Consuming.

    /// Nil if there is no such queue.
    mutating func addConsumer(_ consumption: Consumption) -> UInt64? {
        let queue = consumption.queue
        if queues[queue] == nil { return nil }
        lastConsumer += 1
        consumers[lastConsumer] = InMemoryConsumer(
            queue: queue, prefetch: consumption.prefetch, suspectReturns: consumption.suspectReturns)
        queues[queue]?.consumers.append(lastConsumer)
        if queues[queue]?.count ?? 0 > 0 { consumersToWake.insert(lastConsumer) }
        return lastConsumer
    }

    /// What it has not settled goes back to its queue.
    mutating func removeConsumer(_ consumer: UInt64, now: MonotonicInstant) {
        guard let state = consumers.removeValue(forKey: consumer) else { return }
        queues[state.queue]?.consumers.removeAll { $0 == consumer }
        for tag in state.unsettled.keys.sorted() {
            if let message = state.unsettled[tag] { takeBack(message, queue: state.queue, now: now) }
        }
    }

    /// Up to `countMax` messages that are ready for the consumer, as far as its prefetch allows.
    mutating func takeDeliveries(
        _ consumer: UInt64, countMax: Int, now: MonotonicInstant
    ) -> [(tag: UInt64, message: InMemoryMessage)] {
        guard var state = consumers[consumer] else { return [] }
        expire(queue: state.queue, now: now)
        var deliveries: [(tag: UInt64, message: InMemoryMessage)] = []
        while deliveries.count < countMax, state.unsettled.count < state.prefetch, mayTake(state),
            let message = queues[state.queue]?.popFirst()
        {
            state.lastTag += 1
            deliveries.append((state.lastTag, message))
            state.unsettled[state.lastTag] = message
            state.unsettled[state.lastTag]?.wasDelivered = true
        }
        consumers[consumer] = state
        return deliveries
    }

    /// Whether the next message is for this consumer now: a suspect is handed out alone.
    private func mayTake(_ consumer: InMemoryConsumer) -> Bool {
        guard let suspectReturns = consumer.suspectReturns, let taken = consumer.unsettled.first?.value,
            let next = queues[consumer.queue]?.first
        else { return true }
        // One that was taken is the only one, so a look at any of those that were is enough.
        return next.returns < suspectReturns && taken.returns < suspectReturns
    }

    /// How many deliveries it settled; unknown tags are ignored.
    mutating func settle(_ consumer: UInt64, tag: UInt64, kind: Settlement.Kind, now: MonotonicInstant) -> Int {
        guard let queue = consumers[consumer]?.queue else { return 0 }
        var settled: [InMemoryMessage] = []
        if kind == .acknowledgeThrough {
            for earlier in consumers[consumer]?.unsettled.keys.filter({ $0 <= tag }) ?? [] {
                if let message = consumers[consumer]?.unsettled.removeValue(forKey: earlier) { settled.append(message) }
            }
        } else if let message = consumers[consumer]?.unsettled.removeValue(forKey: tag) {
            settled.append(message)
        }
        for message in settled {
            switch kind {
            case .acknowledge, .acknowledgeThrough: bytesHeld -= message.body.count
            case .requeue: takeBack(message, queue: queue, now: now)
            case .discard: bury(message, "rejected", from: queue, now: now, depth: 0)
            }
        }
        if !settled.isEmpty, queues[queue]?.count ?? 0 > 0 { consumersToWake.insert(consumer) }
        return settled.count
    }

    func unsettledCount(_ consumer: UInt64) -> Int { consumers[consumer]?.unsettled.count ?? 0 }

    private mutating func takeBack(_ message: InMemoryMessage, queue: String, now: MonotonicInstant) {
        var message = message
        message.deliveryCount += 1
        if let limit = queues[queue]?.declaration.deliveryLimit, message.deliveryCount > limit {
            bury(message, "delivery_limit", from: queue, now: now, depth: 0)
            return
        }
        queues[queue]?.putBack(message)
        wakeConsumers(ofQueue: queue)
    }

    // Expiry.

    mutating func expire(now: MonotonicInstant) {
        for name in queues.keys { expire(queue: name, now: now) }
    }

    private mutating func expire(queue name: String, now: MonotonicInstant) {
        while let message = queues[name]?.popExpired(now: now) {
            bury(message, "expired", from: name, now: now, depth: 0)
        }
    }

    /// When `expire` has something to do next.
    var nextExpiry: MonotonicInstant? {
        var next: MonotonicInstant?
        for queue in queues.values {
            if let at = queue.nextExpiry { next = next.map { min($0, at) } ?? at }
        }
        return next
    }
}
