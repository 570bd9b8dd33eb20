import Core

/// The sessions of one loop: found by correlation id, token and handle; joined, left, taken over, ended; their streams.
///
/// A pure state machine: time is passed in, and what is to be sent is taken out with `transmit`. Not synchronised.
public final class SessionTable {
    public let limits: SessionLimits
    /// Part of the tokens, so that those of another process or loop are not taken for one's own.
    public let instance: UInt64
    public let pending: PendingRequests
    public let timelines: TimelineStore
    public private(set) var attachedCount = 0
    /// Of all streams and replies.
    public private(set) var replayBytes = 0
    /// Events that had to go before they were acknowledged.
    public private(set) var droppedCount: UInt64 = 0
    private var sessions = Slab<Session>()
    private var index = HashIndex()
    private var wheel: TimingWheel<UInt64>
    private var due: [UInt64] = []

    public init(limits: SessionLimits, instance: UInt64, now: MonotonicInstant) {
        self.limits = limits
        self.instance = instance
        pending = PendingRequests(requestsMax: limits.requestsMax, now: now)
        timelines = TimelineStore(eventsMax: limits.timelinesMax)
        wheel = TimingWheel(now: now)
    }

    /// Makes room for so many sessions; more are welcome, up to the limit.
    public func expect(sessions count: Int) { sessions.reserveCapacity(min(count, limits.sessionsMax)) }

    public var count: Int { sessions.count }
    public subscript(handle: UInt64) -> Session? { sessions[handle] }

    public func find(_ correlationID: CorrelationID) -> Session? {
        index.find(hash: correlationID.hashValue) { correlationID == id(inPlace: $0) }
            .flatMap { sessions.element(inPlace: Int($0)) }
    }

    public func token(of session: Session) -> SessionToken {
        SessionToken(instance: instance, handle: session.handle, secret: session.secret)
    }

    /// Sessions in the order of their places, from one on: a page of a list that may change in between.
    /// - Returns: the place to go on at; nil at the end.
    public func page(from place: Int, max: Int, _ body: (Session) -> Void) -> Int? {
        var at = Swift.max(place, 0)
        var left = max
        while at < sessions.placesCount, left > 0 {
            if let session = sessions.element(inPlace: at) {
                body(session)
                left -= 1
            }
            at += 1
        }
        return at < sessions.placesCount ? at : nil
    }

    // MARK: Joining and leaving

    /// The session that has to be removed before a wish is opened. It has the name that the client wishes for, but is not the
    /// one that the client had, which is gone: it was begun for an earlier try of the client, which never heard of it, or
    /// before the client went to another instance. Joined, it would be taken for the one that is gone, with its numbers.
    /// A session that has a connection stays.
    public func displaced(by wish: SessionWish) -> Session? {
        guard let token = wish.token, isGone(token), let session = wish.correlationID.flatMap(find),
            session.principal == wish.principal, !session.isAttached
        else { return nil }
        return session
    }

    /// Its session was another process's, or has ended.
    private func isGone(_ token: SessionToken) -> Bool { token.instance != instance || sessions[token.handle] == nil }

    /// - Parameters:
    ///   - wish: which displaces nothing any more.
    ///   - connection: the caller's number for it, not 0; 0 begins a session without one.
    ///   - secret: of the token, should the session be new.
    ///   - newID: makes a correlation id, should none be wished for.
    public func open(
        _ wish: SessionWish, connection: UInt64, secret: SessionToken.Secret, now: MonotonicInstant, wall: UInt64 = 0,
        newID: () -> CorrelationID
    ) -> SessionOpening {
        if let token = wish.token, token.instance == instance, let session = sessions[token.handle],
            session.secret.matches(token.secret)
        {
            if let wished = wish.correlationID, wished != session.correlationID { return .refused(.wrongToken) }
            guard session.principal == wish.principal else { return .refused(.held) }
            return join(session, wish, connection, now, wall)
        }
        if let wished = wish.correlationID, let session = find(wished) {
            guard session.principal == wish.principal else { return .refused(.held) }
            if let token = wish.token {
                guard isGone(token) else { return .refused(.wrongToken) }
                return .refused(session.isAttached ? .heldForNow : .wrongToken)
            }
            guard !session.isAttached else { return .refused(.held) }
            return join(session, wish, connection, now, wall)
        }
        guard sessions.count < limits.sessionsMax else { return .refused(.full) }
        let session = begin(wish.correlationID ?? newID(), wish.principal, secret, now)
        attach(session, connection, now)
        return .opened(
            session, SessionOpening.Details(isResumed: false, isRecovered: false, first: nil, takenOver: 0))
    }

    private func begin(
        _ id: CorrelationID, _ principal: [UInt8]?, _ secret: SessionToken.Secret, _ now: MonotonicInstant
    ) -> Session {
        let session = Session(correlationID: id, principal: principal, secret: secret, now: now)
        session.handle = sessions.insert(session)
        index.insert(Int32(Slab<Session>.place(of: session.handle)), hash: id.hashValue)
        return session
    }

    private func id(inPlace place: Int32) -> CorrelationID? { sessions.element(inPlace: Int(place))?.correlationID }

    private func join(
        _ session: Session, _ wish: SessionWish, _ connection: UInt64, _ now: MonotonicInstant, _ wall: UInt64
    ) -> SessionOpening {
        let takenOver = session.connection
        // A client that has more than was ever sent speaks of something else: what it has counts for nothing.
        let knows = wish.after.map { $0 <= session.sequence } ?? true
        let after = knows ? wish.after ?? session.acknowledged : session.acknowledged
        acknowledge(session, upTo: after, wall: wall)
        let first = session.firstAvailable
        let isRecovered = knows && after + 1 >= first
        session.replayedThrough = session.sequence
        session.transmitted = max(after, first - 1)
        session.untransmittedBytes = bytes(of: session, after: session.transmitted)
        attach(session, connection, now)
        let hasMore = session.transmitted < session.sequence
        return .opened(
            session,
            SessionOpening.Details(
                isResumed: true, isRecovered: isRecovered,
                first: !isRecovered && hasMore ? session.transmitted + 1 : nil, takenOver: takenOver))
    }

    private func bytes(of session: Session, after sequence: UInt64) -> Int {
        guard let stream = session.stream, stream.nextNumber > sequence + 1 else { return 0 }
        var bytes = 0
        for number in (sequence + 1)..<stream.nextNumber { bytes += stream[number]?.event.count ?? 0 }
        return bytes
    }

    private func attach(_ session: Session, _ connection: UInt64, _ now: MonotonicInstant) {
        if session.isAttached { attachedCount -= 1 }
        if connection != 0 {
            session.attach(connection)
            attachedCount += 1
        } else {
            session.detach(at: now)
        }
        setTimer(session, now)
    }

    /// The connection has ended. Nothing happens if the session has another one by now.
    public func detach(_ session: Session, connection: UInt64, now: MonotonicInstant) {
        guard session.connection == connection, connection != 0 else { return }
        session.detach(at: now)
        attachedCount -= 1
        setTimer(session, now)
    }

    /// Ends a session with all that it holds. - Returns: how many requests it still waited for.
    @discardableResult
    public func remove(_ session: Session) -> Int {
        guard sessions.remove(session.handle) != nil else { return 0 }
        let place = Int32(Slab<Session>.place(of: session.handle))
        index.remove(place, hash: session.correlationID.hashValue)
        if session.isAttached { attachedCount -= 1 }
        session.detach(at: MonotonicInstant(nanoseconds: 0))
        if let timer = session.timer { wheel.cancel(timer) }
        session.timer = nil
        let waiting = Int(session.pending.count)
        pending.forgetAll(of: &session.pending)
        for buffer in [session.stream, session.replies] { while drop(from: buffer) {} }
        session.history = nil
        return waiting
    }

    // MARK: The stream

    /// Whether the session takes an event now. False while its connection lags behind, by bytes or by so many events that
    /// one more would push out what it was not given: offer it again later.
    /// - Parameter queuedBytes: that wait in the connection.
    public func admits(_ session: Session, queuedBytes: Int) -> Bool {
        !session.isAttached
            || session.untransmittedBytes + queuedBytes <= limits.outputSoftBytesMax
                && session.sequence - session.transmitted < UInt64(limits.replayEventsMax)
    }

    /// Adds an event to the stream. The caller transmits what the connection has room for, and then trims: in this order,
    /// so that bounds which the event exceeds do not take it from a client that reads.
    /// - Parameters:
    ///   - ending: the request that it answers, already settled.
    ///   - make: the event's JSON, given its sequence.
    public func append(
        to session: Session, ending request: PendingRequests.RequestID? = nil, now: MonotonicInstant,
        _ make: (UInt64) -> [UInt8]
    ) {
        guard isHere(session) else {
            if let request { pending.forget(request) }
            return
        }
        let stream = session.madeStream
        session.sequence += 1
        let event = Self.fitted(make(session.sequence))
        stream.append(ReplayBuffer.Entry(event: event, at: now, request: request))
        replayBytes += event.count
        if let request { pending.keep(request, at: .stream(session.sequence)) }
        if session.isAttached { session.untransmittedBytes += event.count }
        watchAge(of: stream, session, now)
    }

    /// The next event for the connection, which then counts as given; nil if there is none, or if enough waits in it.
    /// - Parameter wall: the time of day, for the timeline of what the event answers.
    public func transmit(_ session: Session, queuedBytes: Int, wall: UInt64 = 0) -> [UInt8]? {
        guard session.isAttached, session.transmitted < session.sequence, queuedBytes < limits.outputWindowBytes,
            let entry = session.stream?[session.transmitted + 1]
        else { return nil }
        session.transmitted += 1
        session.untransmittedBytes -= entry.event.count
        mark(entry.request, .pushed, wall)
        return entry.event
    }

    /// Nothing is kept for a session that has ended: nobody would ever drop it.
    private func isHere(_ session: Session) -> Bool { sessions[session.handle] === session }

    private func mark(_ request: PendingRequests.RequestID?, _ stage: EventStage, _ wall: UInt64) {
        guard wall > 0, let request else { return }
        timelines.mark(pending.timeline(of: request), stage, at: wall)
    }

    /// The client has everything up to a sequence. False if it was never sent that.
    @discardableResult
    public func acknowledge(_ session: Session, upTo sequence: UInt64, wall: UInt64 = 0) -> Bool {
        guard sequence <= session.sequence else { return false }
        guard sequence > session.acknowledged else { return true }
        session.acknowledged = sequence
        guard let stream = session.stream else { return true }
        while let first = stream.first, stream.firstNumber <= sequence {
            mark(first.request, .acknowledged, wall)
            dropFirst(of: session)
        }
        return true
    }

    /// Keeps an answer that went into an HTTP response, for a client that asks again. The caller trims.
    public func keepReply(
        _ event: [UInt8], of request: PendingRequests.RequestID, in session: Session, now: MonotonicInstant
    ) {
        guard isHere(session) else { return pending.forget(request) }
        let event = Self.fitted(event)
        let replies = session.madeReplies
        pending.keep(request, at: .replies(replies.nextNumber))
        replies.append(ReplayBuffer.Entry(event: event, at: now, request: request))
        replayBytes += event.count
        watchAge(of: replies, session, now)
    }

    /// With no more room than it needs: limits count bytes, and room that is not counted would be without one.
    private static func fitted(_ event: [UInt8]) -> [UInt8] {
        event.capacity <= event.count + event.count / 4 + 64 ? event : event.withUnsafeBytes { Array($0) }
    }

    /// The answer that an ended request got.
    public func answer(at place: PendingRequests.Place, in session: Session) -> [UInt8]? {
        switch place {
        case .stream(let number): session.stream?[number]?.event
        case .replies(let number): session.replies?[number]?.event
        }
    }

    // MARK: Bounds

    /// Drops what is too much or too old. - Returns: false if the connection was not given all of it, and so can't be
    /// served any more.
    public func trim(_ session: Session, now: MonotonicInstant) -> Bool {
        while let replies = session.replies, isOver(replies, now) { if !drop(from: replies) { break } }
        var isServed = true
        while let stream = session.stream, isOver(stream, now), !stream.isEmpty {
            if session.isAttached, stream.firstNumber > session.transmitted { isServed = false }
            if stream.firstNumber > session.acknowledged { droppedCount += 1 }
            dropFirst(of: session)
        }
        return isServed
    }

    private func isOver(_ buffer: ReplayBuffer, _ now: MonotonicInstant) -> Bool {
        guard let first = buffer.first else { return false }
        // One event alone may be as large as it is: dropping it would only mean that it never arrives.
        return buffer.count > limits.replayEventsMax || buffer.count > 1 && buffer.bytes > limits.replayBytesMax
            || replayBytes > limits.replayTotalBytesMax
            || now.milliseconds(since: first.at) >= limits.replayMilliseconds
    }

    /// The oldest event of the stream goes; one that the connection was not given is skipped by it.
    private func dropFirst(of session: Session) {
        guard let stream = session.stream, let entry = stream.first else { return }
        if stream.firstNumber > session.transmitted {
            session.transmitted = stream.firstNumber
            if session.isAttached { session.untransmittedBytes -= entry.event.count }
        }
        _ = drop(from: stream)
    }

    private func drop(from buffer: ReplayBuffer?) -> Bool {
        guard let entry = buffer?.dropFirst() else { return false }
        replayBytes -= entry.event.count
        if let request = entry.request { pending.forget(request) }
        return true
    }

    // MARK: Time

    /// A session has one timer: for the end of its lingering, or for the age of its oldest event, whichever is first.
    private func setTimer(_ session: Session, _ now: MonotonicInstant) {
        if let timer = session.timer { wheel.cancel(timer) }
        session.timer = nil
        var deadline: MonotonicInstant?
        if !session.isAttached { deadline = session.detachedAt.advanced(byMilliseconds: limits.lingerMilliseconds) }
        for first in [session.stream?.first, session.replies?.first] {
            guard let first else { continue }
            let end = first.at.advanced(byMilliseconds: limits.replayMilliseconds)
            deadline = min(deadline ?? end, end)
        }
        if let deadline { session.timer = wheel.schedule(session.handle, at: deadline) }
    }

    /// After an append. A timer that is set for the buffer's age already comes in time; one for the end of lingering may
    /// be too late.
    private func watchAge(of buffer: ReplayBuffer, _ session: Session, _ now: MonotonicInstant) {
        if session.timer == nil || !session.isAttached && buffer.count == 1 { setTimer(session, now) }
    }

    public var nextDeadline: MonotonicInstant? { wheel.nextDeadline }

    /// Drops what is too old, and ends sessions that have lingered long enough.
    /// - Parameters:
    ///   - gone: is given those, with the number of requests that they still waited for.
    ///   - overrun: is given sessions whose connections can't be served any more.
    public func expire(at now: MonotonicInstant, gone: (Session, Int) -> Void, overrun: (Session) -> Void) {
        wheel.advance(to: now, into: &due)
        let handles = due
        due.removeAll(keepingCapacity: due.count <= 1024)
        for handle in handles {
            guard let session = sessions[handle] else { continue }
            session.timer = nil
            if let detached = session.detachedMilliseconds(now: now), detached >= limits.lingerMilliseconds {
                gone(session, remove(session))
                continue
            }
            if !trim(session, now: now) { overrun(session) }
            // An empty buffer is given back here and not at once: it may fill again.
            session.dropEmptyHistory()
            setTimer(session, now)
        }
    }
}
