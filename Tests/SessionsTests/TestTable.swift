import Core
import Sessions

/// Session tables as the tests want them.
enum TestTable {
    static let start = MonotonicInstant(nanoseconds: 1_000_000_000)
    static let secret = SessionToken.Secret(high: 1, low: 2)

    static func at(_ milliseconds: UInt64) -> MonotonicInstant { start.advanced(byMilliseconds: milliseconds) }

    /// A table with a session on connection 1.
    static func attached(_ limits: SessionLimits) -> (SessionTable, Session) {
        let table = SessionTable(limits: limits, instance: 7, now: start)
        let opening = table.open(SessionWish(), connection: 1, secret: secret, now: start) { .text([0x73]) }
        guard case .opened(let session, _) = opening else { preconditionFailure("a new session is opened") }
        return (table, session)
    }
}

extension SessionTable {
    func ask(_ session: Session, id: String, waiter: UInt64 = 0) -> PendingRequests.RequestID? {
        let insertion = Array(id.utf8).withUnsafeBytes {
            pending.insert(
                owner: session.handle, list: &session.pending, id: $0, deadline: TestTable.at(1_000_000), waiter: waiter
            )
        }
        guard case .inserted(let request) = insertion else { return nil }
        return request
    }

    /// Asks and answers at once.
    func answer(_ session: Session, id: String, _ event: String) {
        let request = ask(session, id: id)
        if let request { _ = pending.settle(request, list: &session.pending) }
        append(to: session, ending: request, now: TestTable.start) { _ in Array(event.utf8) }
    }
}
