import Core
import Sessions

/// A table with one session in a state, to which events happen. Handles of sessions that are gone are kept, as callers do.
final class SessionMachine {
    let table: SessionTable
    private(set) var session: Session?
    private var connection: UInt64 = 0
    private var token: SessionToken?
    private var now = TestTable.start
    private var request: PendingRequests.RequestID?

    init(_ state: SessionState) {
        var limits = SessionLimits()
        limits.replayEventsMax = 4
        limits.replayMilliseconds = 1000
        limits.lingerMilliseconds = 3000
        limits.outputWindowBytes = 100
        table = SessionTable(limits: limits, instance: 7, now: TestTable.start)
        guard state != .none else { return }
        _ = open(SessionWish(correlationID: .text([0x73])), connection: 1)
        for _ in 0..<(state == .detachedDropped ? 6 : 3) { append(isTransmitted: state != .lagging) }
        if state != .detachedDropped, let session { table.acknowledge(session, upTo: 1) }
        bring(to: state)
    }

    private func bring(to state: SessionState) {
        guard let session else { return }
        switch state {
        case .none, .caughtUp, .lagging: break
        case .replaying:
            table.detach(session, connection: 1, now: now)
            _ = open(SessionWish(token: token, after: 1), connection: 2)
            _ = table.transmit(session, queuedBytes: 0)
        case .detached, .detachedDropped: table.detach(session, connection: 1, now: now)
        case .detachedWaiting:
            request = table.ask(session, id: "w")
            table.detach(session, connection: 1, now: now)
        case .gone:
            request = table.ask(session, id: "w")
            table.remove(session)
        }
    }

    // MARK: Events

    /// What came of it, and how the session then stands.
    func happen(_ event: SessionEvent) -> String {
        let outcome = perform(event)
        return outcome + " | " + summary
    }

    private func perform(_ event: SessionEvent) -> String {
        switch event {
        case .openNew: return open(SessionWish(), connection: 9)
        case .openByID: return open(SessionWish(correlationID: .text([0x73])), connection: 9)
        case .openByToken: return open(SessionWish(token: token), connection: 9)
        case .openByWrongToken:
            let wrong = SessionToken(instance: 7, handle: token?.handle ?? 1, secret: .init(high: 1, low: 3))
            return open(SessionWish(correlationID: .text([0x73]), token: wrong), connection: 9)
        case .openByGoneToken:
            let gone = SessionToken(instance: 8, handle: token?.handle ?? 1, secret: .init(high: 1, low: 3))
            return open(SessionWish(correlationID: .text([0x73]), token: gone, after: 2), connection: 9)
        case .openByOtherPrincipal:
            return open(SessionWish(correlationID: .text([0x73]), token: token, principal: [1]), connection: 9)
        case .openAfterKnown: return open(SessionWish(token: token, after: 2), connection: 9)
        case .openAfterAcknowledged: return open(SessionWish(token: token, after: 0), connection: 9)
        case .openAfterDropped: return open(SessionWish(token: token, after: 1), connection: 9)
        case .openAfterTheEnd: return open(SessionWish(token: token, after: 99), connection: 9)
        default: return session.map { perform(event, on: $0) } ?? "-"
        }
    }

    private func perform(_ event: SessionEvent, on session: Session) -> String {
        switch event {
        case .detach: table.detach(session, connection: connection, now: now)
        case .detachStale: table.detach(session, connection: 77, now: now)
        case .appendThatFits: return append(isTransmitted: true)
        case .appendThatDropsTheOldest: return (0..<3).map { _ in append(isTransmitted: true) }.joined(separator: ", ")
        case .appendThatIsNotTransmitted:
            return (0..<5).map { _ in append(isTransmitted: false) }.joined(separator: ", ")
        case .transmit:
            let given = table.transmit(session, queuedBytes: 0).map { String(decoding: $0, as: UTF8.self) }
            return given ?? "nothing"
        case .acknowledgeNew: return "\(table.acknowledge(session, upTo: session.sequence))"
        case .acknowledgeOld: return "\(table.acknowledge(session, upTo: 0))"
        case .acknowledgeBeyond: return "\(table.acknowledge(session, upTo: session.sequence + 1))"
        case .settle: return settle(session).map { _ in "settled" } ?? "no request"
        case .keep:
            guard let settled = settle(session) else { return "no request" }
            table.append(to: session, ending: settled, now: now) { _ in [0x6B] }
            return "\(table.trim(session, now: now)), remembered \(table.pending.endedCount)"
        case .forget:
            guard let settled = settle(session) else { return "no request" }
            table.pending.forget(settled)
            return "remembered \(table.pending.endedCount)"
        case .keepReply:
            guard let settled = settle(session) else { return "no request" }
            table.keepReply([0x72], of: settled, in: session, now: now)
            return "\(table.trim(session, now: now)), remembered \(table.pending.endedCount)"
        case .passReplayAge: return pass(1000)
        case .passLinger: return pass(3000)
        case .remove: return "waited for \(table.remove(session))"
        default: return "?"
        }
        return "done"
    }

    private func open(_ wish: SessionWish, connection: UInt64) -> String {
        if let displaced = table.displaced(by: wish) { table.remove(displaced) }
        let opening = table.open(wish, connection: connection, secret: TestTable.secret, now: now) { .text([0x6E]) }
        switch opening {
        case .refused(let refusal): return "\(refusal)"
        case .opened(let opened, let details):
            let isOther = session != nil && opened !== session
            session = opened
            self.connection = connection
            token = table.token(of: opened)
            guard details.isResumed else { return isOther ? "another" : "new" }
            var outcome = details.isRecovered ? "recovered" : "from \(details.first.map { "\($0)" } ?? "now")"
            if details.takenOver != 0 { outcome += ", taken from \(details.takenOver)" }
            return outcome
        }
    }

    @discardableResult
    private func append(isTransmitted: Bool) -> String {
        guard let session else { return "-" }
        table.append(to: session, now: now) { Array("e\($0)".utf8) }
        while isTransmitted, table.transmit(session, queuedBytes: 0) != nil {}
        if !isTransmitted, session.sequence == 1 { _ = table.transmit(session, queuedBytes: 0) }
        return table.trim(session, now: now) ? "served" : "overrun"
    }

    private func settle(_ session: Session) -> PendingRequests.RequestID? {
        let asked = request ?? table.ask(session, id: "r")
        return asked.flatMap { table.pending.settle($0, list: &session.pending)?.request }
    }

    private func pass(_ milliseconds: UInt64) -> String {
        now = now.advanced(byMilliseconds: milliseconds + 100)
        var outcome: [String] = []
        table.expire(at: now) { _, waiting in
            outcome.append("gone, waited for \(waiting)")
        } overrun: { _ in
            outcome.append("overrun")
        }
        return outcome.isEmpty ? "done" : outcome.joined(separator: ", ")
    }

    // MARK: What is left

    /// `c` connection, `s` sequence, `a` acknowledged, `t` transmitted, `k` first kept + how many, `w` waiting.
    private var summary: String {
        guard let session, table[session.handle] === session else { return "no session" }
        return "c\(session.connection) s\(session.sequence) a\(session.acknowledged) t\(session.transmitted) "
            + "k\(session.firstAvailable)+\(session.replayEvents) w\(session.pending.count)"
    }

    /// Nil if the table's counts agree with a recount.
    var disagreement: String? {
        var attached = 0
        var bytes = 0
        var waiting = 0
        _ = table.page(from: 0, max: .max) { session in
            attached += session.isAttached ? 1 : 0
            bytes += session.replayBytes
            waiting += Int(session.pending.count)
        }
        if attached != table.attachedCount { return "\(attached) attached, not \(table.attachedCount)" }
        if bytes != table.replayBytes { return "\(bytes) bytes, not \(table.replayBytes)" }
        return waiting == table.pending.count ? nil : "\(waiting) waiting, not \(table.pending.count)"
    }
}
