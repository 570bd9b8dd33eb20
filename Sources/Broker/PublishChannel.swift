import CRabbitMQ
import Core

/// What is on its way out by one broker object: what waits, what is not confirmed, and the link. The publishing thread and
/// those who publish directly take turns at it, under a lock.
final class PublishChannel {
    /// How often deadlines are looked after while anything waits or is unconfirmed.
    static let sweepMilliseconds = 50
    /// For how long the thread sleeps otherwise. It is not woken for what is published directly: the confirm wakes it, or,
    /// to look after its deadline, the end of this sleep.
    private static let idleMilliseconds = 250
    /// Messages published before confirms are read again.
    private static let burstMax = 64
    /// Of a message that is published directly. So much finds room in an empty socket buffer.
    private static let directBytesMax = 8192

    /// Nothing is sent for so long to an exchange that is closed: each message would end the connection.
    private static let closedMilliseconds: UInt64 = 5000
    private static let closedMax = 1024

    /// What the publishing thread does next.
    enum Step {
        case goOn, end
        case sleep(milliseconds: Int)
    }

    private let control: AMQPControl
    private let limits: PublishLimits
    private let intake: PublishIntake
    private let backlog: PublishBacklog

    /// Nil while there is no connection.
    private var link: AMQPLink?
    private var window = ConfirmWindow<OutgoingMessage>()
    /// Published on an earlier connection and not confirmed there: to be published first on the next.
    private var again = FIFO<OutgoingMessage>()
    /// So many at the front of `again` go one at a time: the broker has closed the channel for one of them, and would for
    /// all that are sent behind it.
    private var suspects = 0
    /// What is unconfirmed is such a one.
    private var isTrying = false
    /// Exchanges that are not there, or not for this user: until when nothing is sent to them, and what comes of it.
    private var closed: [String: (until: MonotonicInstant, outcome: PublishOutcome)] = [:]
    private var isBlocked = false
    private var unblockedAt = MonotonicInstant(nanoseconds: 0)
    /// The bytes still to come of a returned message's body; nil if none is being read.
    private var returnedBytesLeft: UInt64?
    private var nextSweep = MonotonicInstant(nanoseconds: 0)
    private var pass = BrokerStatistics()
    /// What a direct publisher met with; the thread is to end the connection.
    private var failure: AMQPFailure?

    init(control: AMQPControl, intake: PublishIntake) {
        self.control = control
        self.intake = intake
        limits = control.configuration.limits
        backlog = PublishBacklog(intake: intake, limits: limits, counters: control.counters)
    }

    // Without a connection.

    /// Only deadlines are looked after.
    func sweepUnconnected(now: MonotonicInstant) {
        backlog.takePosted()
        sweep(now: now, isConnected: false)
    }

    func takeBackUnconfirmed(_ failure: AMQPFailure) {
        for message in window.unconfirmed { message.backlog.unconfirmed = 0 }
        settleRefused(failure)
        // What was unconfirmed is older than what was to be published again after it.
        var older = FIFO<OutgoingMessage>()
        for message in window.unconfirmed where message.isWanted {
            message.isReturned = false
            older.append(message)
        }
        if failure.kind == .channelClosed || isTrying { suspects += older.count }
        isTrying = false
        for message in again.all { older.append(message) }
        again = older
        window = ConfirmWindow()
        isBlocked = false
        returnedBytesLeft = nil
        detach()
    }

    /// What was tried alone is what the broker has closed the channel for: again, as the connection has declared once more
    /// what may have been missing.
    private func settleRefused(_ failure: AMQPFailure) {
        guard isTrying, let outcome = failure.refusal, let message = window.unconfirmed.first(where: { _ in true })
        else { return }
        if failure.isOfExchange {
            if closed.count >= Self.closedMax { closed = [:] }
            let until = SystemClock.monotonic().advanced(byMilliseconds: Self.closedMilliseconds)
            closed[message.route.exchange] = (until, outcome)
        }
        backlog.settle(message, outcome)
    }

    /// At the end of the broker object.
    func giveUpAll() {
        intake.close()
        backlog.takePosted()
        backlog.giveUpAll()
        for message in window.unconfirmed { giveUp(message) { _ in true } }
        for message in again.all { giveUp(message) { _ in true } }
        window = ConfirmWindow()
        again = FIFO()
    }

    // With a connection.

    func attach(_ link: AMQPLink) { self.link = link }

    func detach() {
        link = nil
        failure = nil
    }

    /// One turn of the publishing thread.
    func turn() throws(AMQPFailure) -> Step {
        if let failure { throw failure }
        guard let link else { return .end }
        defer { countPass() }
        backlog.takePosted()
        let now = SystemClock.monotonic()
        try publishReady(link, now: now)
        try readFrames(link)
        if control.phase == .finishing { return .end }
        let isWaiting = !backlog.isEmpty || !window.isEmpty || !again.isEmpty
        if isWaiting, now >= nextSweep {
            sweep(now: now, isConnected: !isBlocked)
            try checkConfirms(now: now)
        }
        if canPublish {
            // Nobody polls, and confirms may be there.
            link.isReadable = true
            return .goOn
        }
        let milliseconds = isWaiting ? Self.sweepMilliseconds : Self.idleMilliseconds
        return .sleep(milliseconds: min(milliseconds, control.heartbeatPumpMilliseconds))
    }

    /// Publishes a group on the caller's thread, which nothing is before: all that was published is confirmed, so the
    /// socket's buffer is empty, and the caller is not blocked by it. Nil if it has to be posted.
    /// - Returns: whether the publishing thread is to be woken.
    func publishDirectly(_ group: PublishGroup, completion: @escaping @Sendable (PublishOutcome) -> Void) -> Bool? {
        guard let link, failure == nil, !isBlocked, window.isEmpty, again.isEmpty, backlog.isEmpty,
            group.events.count <= min(Self.directBytesMax, group.route.batchBytesMax),
            group.ends.count <= group.route.batchEventsMax, group.expirationMilliseconds != 0, intake.bypass(group)
        else { return nil }
        let now = SystemClock.monotonic()
        backlog.take(PostedGroup(group: group, completion: completion, postedAt: now))
        do throws(AMQPFailure) {
            try publishReady(link, now: now)
        } catch {
            failure = error
        }
        // Of what librabbitmq read while it sent, `poll` knows nothing.
        return failure != nil || link.hasBuffered
    }

    private var canPublish: Bool {
        !isBlocked && share > 0 && (suspects == 0 && !isTrying || window.isEmpty)
            && (!again.isEmpty || backlog.hasReady(unconfirmedMax: share))
    }

    /// How many unconfirmed messages a route may have: as many as there is room for more (dynamic threshold, Choudhury and
    /// Hahne 1998).
    private var share: Int { limits.messagesUnconfirmedMax - window.count }

    private func publishReady(_ link: AMQPLink, now: MonotonicInstant) throws(AMQPFailure) {
        var published = 0
        while published < Self.burstMax, canPublish {
            isTrying = suspects > 0
            guard let message = nextToPublishAgain() ?? backlog.nextMessage(now: now, unconfirmedMax: share)
            else { return }
            if let (until, outcome) = closed[message.route.exchange] {
                if until > now {
                    backlog.settle(message, outcome)
                    continue
                }
                closed[message.route.exchange] = nil
                // Alone, as it may be so still.
                if window.isEmpty {
                    isTrying = true
                } else if again.isEmpty {
                    again.append(message)
                    suspects = 1
                    return
                }
            }
            let tag = window.nextTag
            // Before it is sent: if that fails it is published again on the next connection.
            window.append(message)
            message.publishedAt = now
            message.backlog.unconfirmed += 1
            try link.publish(message, tag: tag, now: now)
            pass.messagesPublished += 1
            pass.eventsPublished += UInt64(message.eventCount)
            pass.bytesPublished += UInt64(message.body.count)
            published += 1
        }
    }

    private func nextToPublishAgain() -> OutgoingMessage? {
        while let message = again.popFirst() {
            suspects = max(suspects - 1, 0)
            if message.isWanted { return message }
        }
        return nil
    }

    private func countPass() {
        if pass == BrokerStatistics() { return }
        control.counters.add(published: pass)
        pass = BrokerStatistics()
    }

    // Deadlines.

    private func sweep(now: MonotonicInstant, isConnected: Bool) {
        nextSweep = now.advanced(byMilliseconds: UInt64(Self.sweepMilliseconds))
        backlog.giveUpWaiting(now: now, isConnected: isConnected)
        for message in window.unconfirmed {
            giveUp(message) { self.backlog.isOver($0, now: now, isConnected: isConnected) }
        }
        for message in again.all { giveUp(message) { self.backlog.isOver($0, now: now, isConnected: isConnected) } }
    }

    /// A confirm that was lost would keep its place for good.
    private func checkConfirms(now: MonotonicInstant) throws(AMQPFailure) {
        guard !isBlocked, let oldest = window.unconfirmed.first(where: { _ in true }), !oldest.isWanted,
            now.milliseconds(since: max(oldest.publishedAt, unblockedAt)) >= limits.confirmMillisecondsMax
        else { return }
        throw AMQPFailure(
            .connectionLost, "the broker has not confirmed a message for \(limits.confirmMillisecondsMax / 1000) s")
    }

    private func giveUp(_ message: OutgoingMessage, where isOver: (PendingGroup) -> Bool) {
        for group in message.groups where !group.isSettled && isOver(group) { backlog.settle(group, .unavailable) }
    }

    // Frames.

    private func readFrames(_ link: AMQPLink) throws(AMQPFailure) {
        var isAnyRead = false
        while let frame = try link.nextFrame() {
            isAnyRead = true
            try receive(frame, link)
        }
        if isAnyRead { link.releaseBuffers() }
    }

    private func receive(_ frame: amqp_frame_t, _ link: AMQPLink) throws(AMQPFailure) {
        switch CInt(frame.frame_type) {
        case AMQP_FRAME_METHOD: try receive(frame.payload.method, link)
        case AMQP_FRAME_HEADER where returnedBytesLeft != nil:
            let properties = frame.payload.properties.decoded?.assumingMemoryBound(to: amqp_basic_properties_t.self)
            if let tag = properties.flatMap({ IncomingHeaders.publishTag($0.pointee) }) {
                window[tag]?.isReturned = true
            }
            let size = frame.payload.properties.body_size
            returnedBytesLeft = size == 0 ? nil : size
        case AMQP_FRAME_BODY:
            guard let left = returnedBytesLeft else { break }
            let count = UInt64(frame.payload.body_fragment.len)
            returnedBytesLeft = count >= left ? nil : left - count
        default: break
        }
    }

    private func receive(_ method: amqp_method_t, _ link: AMQPLink) throws(AMQPFailure) {
        if let failure = link.failure(ofMethod: method) { throw failure }
        switch method.id {
        case AMQPMethod.basicAck:
            guard let ack = method.decoded?.assumingMemoryBound(to: amqp_basic_ack_t.self).pointee else { return }
            settle(ack.delivery_tag, multiple: ack.multiple != 0, isPositive: true)
        case AMQPMethod.basicNack:
            guard let nack = method.decoded?.assumingMemoryBound(to: amqp_basic_nack_t.self).pointee else { return }
            settle(nack.delivery_tag, multiple: nack.multiple != 0, isPositive: false)
        case AMQPMethod.basicReturn: returnedBytesLeft = 0
        case AMQPMethod.connectionBlocked:
            let reason = method.decoded?.assumingMemoryBound(to: amqp_connection_blocked_t.self).pointee.reason.text
            isBlocked = true
            control.observers.report(.blocked, "the broker takes nothing for now: \(reason ?? "no reason given")")
            control.report(.publisher, .blocked)
        case AMQPMethod.connectionUnblocked:
            isBlocked = false
            unblockedAt = SystemClock.monotonic()
            control.observers.report(.unblocked, "the broker takes messages again")
            control.report(.publisher, .connected)
        default: break
        }
    }

    private func settle(_ tag: UInt64, multiple: Bool, isPositive: Bool) {
        window.take(tag, multiple: multiple) { message in
            message.backlog.unconfirmed -= 1
            if !isPositive {
                pass.messagesNegativelyConfirmed += 1
                backlog.settle(message, .rejected)
            } else if message.isReturned {
                pass.messagesReturned += 1
                backlog.settle(message, .unroutable)
            } else {
                pass.messagesConfirmed += 1
                backlog.settle(message, .confirmed)
            }
        }
    }
}
