import Core
import Sessions

/// A table with a thousand sessions that have connections, which are used in turns: what one needs is not always in the
/// nearest cache.
struct SessionStand {
    static let sessionsCount = 1000

    let table: SessionTable
    let now = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    let event: [UInt8]
    var sessions: [Session] = []
    /// Of the next event, whose id is the number's bytes and 28 further ones.
    private var number: UInt64 = 0
    private let id = Samples.place([UInt8](repeating: 0x61, count: 36))
    private var at = 0

    init(eventBytes: Int = 500) {
        table = SessionTable(limits: SessionLimits(), instance: Samples.instance, now: now)
        event = [UInt8](repeating: 0x61, count: eventBytes)
        for number in 1...Self.sessionsCount {
            sessions.append(open(CorrelationID(Samples.sessionID(number)), UInt64(number)))
        }
    }

    func open(_ id: CorrelationID, _ connection: UInt64) -> Session {
        let opening = table.open(
            SessionWish(), connection: connection, secret: SessionToken.Secret(high: 1, low: connection), now: now
        ) { id }
        guard case .opened(let session, _) = opening else { preconditionFailure("the session is refused") }
        return session
    }

    mutating func next() -> Session {
        at = at + 1 == sessions.count ? 0 : at + 1
        return sessions[at]
    }

    mutating func nextID() -> UnsafeRawBufferPointer {
        number += 1
        id.storeBytes(of: number, as: UInt64.self)
        return UnsafeRawBufferPointer(id)
    }

    func admit(_ id: UnsafeRawBufferPointer, of session: Session) -> PendingRequests.RequestID {
        let request = IncomingRequest(
            id: id, content: 1, deadline: now.advanced(byMilliseconds: 30_000), waiter: 0)
        let admission = table.admit(
            request, owner: session.handle, list: &session.pending, session: session, waitingMax: 1024
        ) { _ in false }
        guard case .inserted(let inserted) = admission else { preconditionFailure("the request is refused") }
        return inserted
    }

    /// Gives the session's connection what there is for it. Clients acknowledge after 64 events.
    func transmit(_ session: Session, wall: UInt64) {
        while let event = table.transmit(session, queuedBytes: 0, wall: wall) { Sink.use(event.count) }
        precondition(table.trim(session, now: now), "an event was dropped that the connection was not given")
        if session.sequence & 63 == 0 { table.acknowledge(session, upTo: session.sequence, wall: wall) }
    }
}
