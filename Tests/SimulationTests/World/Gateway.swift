import CloudEvents
import Core
import JSON
import Sessions
import WebSocket

/// public-web around the real session table, as PublicWebLoop is: without sockets, in the world's time.
final class Gateway {
    let scenario: Scenario
    let findings: Findings
    let ledger: Ledger
    let dice: Dice
    let dispatcher: Dispatcher
    let table: SessionTable
    var connections = Slab<GatewayConnection>()
    var exchanges = Slab<Exchange>()
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    /// Of connections whose output lags: when it is looked at again.
    var watches: [(at: MonotonicInstant, connection: UInt64)] = []
    private var random = RandomSource()
    private var lastScan = MonotonicInstant(nanoseconds: 0)
    private var expired: [PendingRequests.Expired] = []

    init(_ scenario: Scenario, _ findings: Findings, _ ledger: Ledger, _ dice: Dice) {
        self.scenario = scenario
        self.findings = findings
        self.ledger = ledger
        self.dice = dice
        dispatcher = Dispatcher(scenario, findings, dice)
        table = SessionTable(limits: scenario.limits, instance: 0x5100, now: now)
    }

    // MARK: Connections

    /// - Returns: why not, if not.
    func connect(_ link: Link, _ wish: SessionWish) -> SessionOpening.Refusal? {
        if let former = table.displaced(by: wish) {
            findings.reach(.displaced)
            gone(former, table.remove(former))
        }
        let handle = connections.reserve()
        let known = wish.token.flatMap { table[$0.handle] } ?? wish.correlationID.flatMap { table.find($0) }
        let length = known.map { ledger.length($0.handle) } ?? 0
        let opening = table.open(
            wish, connection: handle, secret: SessionToken.Secret(high: dice.next(), low: dice.next()), now: now
        ) { CorrelationID.uuid(high: dice.next(), low: dice.next()) }
        switch opening {
        case .refused(let refusal):
            connections.remove(handle)
            return refusal
        case .opened(let session, let details):
            if details.takenOver != 0, let older = connections[details.takenOver] {
                findings.reach(.takenOver)
                end(older, .sessionTakenOver)
            }
            expectOpening(link, wish, session, details, length)
            let connection = GatewayConnection(
                handle: handle, session: session, link: link, messageBytesMax: 64 * 1024)
            connections.fill(handle, connection)
            link.connection = connection
            connection.write(opened(session, details))
            pump(session)
            return nil
        }
    }

    private func expectOpening(
        _ link: Link, _ wish: SessionWish, _ session: Session, _ details: SessionOpening.Details, _ length: UInt64
    ) {
        link.wishedAfter = wish.after
        guard details.isResumed else {
            findings.reach(.opened)
            if wish.token != nil { findings.reach(.staleToken) }
            findings.expect(!details.isRecovered && session.sequence == 0, "a new session says that it is an old one")
            return
        }
        findings.reach(.resumed)
        findings.reach(details.isRecovered ? .recovered : .notRecovered)
        link.isAfterValid = wish.after.map { $0 <= length } ?? true
        if !link.isAfterValid { findings.reach(.afterBeyondTheEnd) }
        if link.isAfterValid, table.droppedCount == 0, wish.after ?? .max >= ledger.acknowledged(session.handle) {
            findings.expect(details.isRecovered, "not `recovered`, though nothing was ever dropped")
        }
        if let after = wish.after, link.isAfterValid {
            ledger.acknowledge(session.handle, after)
            link.expectedFirst = after + 1
        } else {
            link.expectedFirst = ledger.acknowledged(session.handle) + 1
        }
    }

    private func opened(_ session: Session, _ details: SessionOpening.Details) -> [UInt8] {
        var event: [UInt8] = []
        event.append(
            "{\"specversion\":\"1.0\",\"id\":\"o\",\"source\":\"/gateway\",\"type\":\"switchboard.session.opened\"")
        event.append(",\"data\":{\"resumetoken\":\"")
        table.token(of: session).append(to: &event)
        event.append(details.isResumed ? "\",\"resumed\":true" : "\",\"resumed\":false")
        event.append(details.isRecovered ? ",\"recovered\":true" : ",\"recovered\":false")
        if let first = details.first {
            event.append(",\"first\":\"")
            event.append(decimal: first, width: 16)
            event.append("\"")
        }
        event.append(",\"sequence\":\"")
        event.append(decimal: session.sequence, width: 16)
        event.append("\"}}")
        return event
    }

    func connection(of session: Session) -> GatewayConnection? { connections[session.connection] }

    func end(_ connection: GatewayConnection, _ code: CloseCode) {
        guard !connection.isClosing else { return }
        findings.tell("gateway closes connection \(connection.link.number) with \(code.rawValue)")
        connection.output.write { FrameEncoder.appendClose(code, reason: "", to: &$0) }
        leave(connection)
    }

    private func leave(_ connection: GatewayConnection) {
        connection.isClosing = true
        connections.remove(connection.handle)
        table.detach(connection.session, connection: connection.handle, now: now)
    }

    /// The socket has ended.
    func closed(_ connection: GatewayConnection) {
        if !connection.isClosing { leave(connection) }
        connection.link.connection = nil
    }

    // MARK: Output

    /// Gives the socket what it takes. - Returns: whether the output was drained by it.
    @discardableResult
    private func flushNow(_ connection: GatewayConnection) -> Bool {
        let link = connection.link
        guard !connection.output.isEmpty else { return false }
        if link.isServerGone {
            // Cut, but not noticed yet: the kernel still takes it.
            _ = connection.output.take(.max)
            return true
        }
        let room = max(scenario.socketBytesMax - link.toClient.count, 0)
        link.toClient.append(connection.output.take(room))
        return connection.output.isEmpty
    }

    /// What the loop does before it sleeps, and when the socket has room again.
    func flush(_ connection: GatewayConnection) {
        guard flushNow(connection) || connection.isClosing && connection.output.isEmpty else { return }
        if connection.isClosing {
            connection.link.isServerGone = true
            connection.link.connection = nil
        } else {
            pump(connection.session)
        }
    }

    func pump(_ session: Session) {
        guard let connection = connection(of: session) else { return }
        while true {
            while let event = table.transmit(session, queuedBytes: connection.queuedBytes) { connection.write(event) }
            guard session.transmitted < session.sequence, session.connection == connection.handle else { break }
            flushNow(connection)
            guard connection.queuedBytes < table.limits.outputWindowBytes, !connection.isClosing else { break }
        }
        look(at: connection)
    }

    func look(at connection: GatewayConnection) {
        guard !connection.isClosing else { return }
        let waiting = connection.session.untransmittedBytes + connection.queuedBytes
        switch connection.watch.look(waiting, now: now, table.limits) {
        case .reads: break
        case .tooSlow:
            findings.reach(waiting > table.limits.outputHardBytesMax ? .tooSlowHard : .tooSlowSoft)
            end(connection, .tooSlow)
        case .lags:
            guard !connection.isWatched else { return }
            connection.isWatched = true
            let at = now.advanced(byMilliseconds: table.limits.outputSoftMilliseconds + 1)
            watches.append((at, connection.handle))
        }
    }

    // MARK: The stream

    func append(
        to session: Session, cause: [UInt8]?, ending request: PendingRequests.RequestID?, _ make: (UInt64) -> [UInt8]
    ) {
        if request != nil, let cause { ledger.end(session.handle, cause) }
        table.append(to: session, ending: request, now: now) { sequence in
            let event = make(sequence)
            ledger.stream(session.handle, sequence: sequence, event, cause: cause)
            return event
        }
        pump(session)
        let hasRoom = (connection(of: session)?.queuedBytes ?? 0) < table.limits.outputWindowBytes
        let isServed = trim(session)
        findings.expect(isServed || !hasRoom, "a client that reads was given up as too slow")
    }

    @discardableResult
    func trim(_ session: Session) -> Bool {
        let dropped = table.droppedCount
        let isServed = table.trim(session, now: now)
        if !isServed { overrun(session) }
        if table.droppedCount > dropped { findings.reach(.droppedUnacknowledged) }
        return isServed
    }

    func overrun(_ session: Session) {
        guard let connection = connection(of: session) else { return }
        findings.reach(.overrun)
        end(connection, .tooSlow)
    }

    func appendError(
        _ kind: ProblemKind, cause: [UInt8], ending request: PendingRequests.RequestID?, to session: Session
    ) {
        append(to: session, cause: cause, ending: request) { error(kind, cause, sequence: $0) }
    }

    func error(_ kind: ProblemKind, _ cause: [UInt8]?, sequence: UInt64?) -> [UInt8] {
        var raw: [UInt8] = []
        cause?.withUnsafeBytes { JSONWriter.appendStringBody($0, to: &raw) }
        var event: [UInt8] = []
        let id = UUIDv7(wallNanoseconds: 0, random: &random)
        raw.withUnsafeBytes { cause in
            ErrorEvent.append(
                problem: Problem(kind, "…"), causationID: cause.isEmpty ? nil : cause, correlationID: nil,
                source: "/gateway", id: id, to: &event
            ) { writer in
                if let sequence { writer.paddedDecimal("sequence", sequence, width: 16) }
            }
        }
        return event
    }

    /// A session without a connection.
    func begin(_ name: CorrelationID?) -> Session? {
        let secret = SessionToken.Secret(high: dice.next(), low: dice.next())
        let opening = table.open(SessionWish(correlationID: name), connection: 0, secret: secret, now: now) {
            CorrelationID.uuid(high: dice.next(), low: dice.next())
        }
        guard case .opened(let session, _) = opening else { return nil }
        findings.reach(.asyncBegan)
        return session
    }

    /// Ends a session with all that it holds.
    func close(_ session: Session, _ code: CloseCode) {
        if let connection = connection(of: session) { end(connection, code) }
        gone(session, table.remove(session))
    }

    private func gone(_ session: Session, _ waiting: Int) {
        let left = ledger.forget(session.handle)
        findings.expect(left == waiting, "a session ended with \(waiting) requests, not the \(left) accepted ones")
        guard waiting > 0 else { return }
        findings.reach(.lingeredOutWaiting)
        for exchange in exchanges.all { exchange.sessionEnded(session) }
    }

    // MARK: Time

    func passTime(_ milliseconds: Int) {
        now = now.advanced(byMilliseconds: UInt64(milliseconds))
        if now.milliseconds(since: lastScan) >= UInt64(scenario.scanMilliseconds) {
            lastScan = now
            expire()
        }
        var kept: [(at: MonotonicInstant, connection: UInt64)] = []
        let due = watches
        watches = []
        for watch in due {
            if watch.at > now {
                kept.append(watch)
            } else if let connection = connections[watch.connection] {
                connection.isWatched = false
                look(at: connection)
            }
        }
        watches += kept
    }

    private func expire() {
        table.pending.expire(at: now, into: &expired)
        for request in expired {
            findings.reach(.deadlinePassed)
            settle(request.request, of: request.owner, .deadlinePassed)
        }
        expired.removeAll(keepingCapacity: true)
        let dropped = table.droppedCount
        table.expire(at: now) { session, waiting in
            findings.reach(.lingeredOut)
            findings.expect(!session.isAttached, "a session with a connection lingered out")
            gone(session, waiting)
        } overrun: { session in
            overrun(session)
        }
        if table.droppedCount > dropped { findings.reach(.droppedUnacknowledged) }
    }
}
