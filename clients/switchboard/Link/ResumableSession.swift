import CloudEvents
import Core
import JSON

/// A session that outlives its sockets: bytes and time in, bytes and events out. No input or output of its own.
///
/// Whoever owns it connects when it `wantsConnection`, and tells what became of that.
struct ResumableSession {
    /// Beyond the gateway's own heartbeat: nothing came for so much longer, and the connection is lost.
    static let heartbeatGraceMilliseconds: UInt64 = 10_000
    /// Open for so long, a connection counts as good: the next loss starts from short waits again.
    static let steadyMilliseconds: UInt64 = 10_000
    /// The gateway does not send what it said would follow: no reason to keep requests back for ever.
    static let catchUpMilliseconds: UInt64 = 1000

    private enum Phase {
        case away(retryAt: MonotonicInstant)
        case connecting
        /// Connected; the handshake and the gateway's first word are to come.
        case opening(since: MonotonicInstant)
        case open(since: MonotonicInstant)
        case ended
    }

    private let endpoint: Endpoint
    private let reconnects: Bool
    private let timeoutMilliseconds: UInt64
    private var phase = Phase.connecting
    /// Of the last connection: after its end there may be a goodbye to send.
    private var client: SessionClient?
    private var sockets = 0
    /// Of the last connection; nil before the first.
    private var opening: SessionOpening?
    private var sequences = SequenceTracker()
    private var pending = PendingRequests()
    private var backoff: ReconnectBackoff
    private var awaySince = MonotonicInstant(nanoseconds: 0)
    private var lastReceivedAt = MonotonicInstant(nanoseconds: 0)
    /// Requests wait until the events up to this one have come: their answers may be among them.
    private var catchUpTo: UInt64?
    /// Told by the next `advance`.
    private var untold: [LinkEvent] = []
    private var random = RandomSource()

    /// - Parameter timeoutMilliseconds: for the handshake and the gateway's first word.
    init(
        endpoint: Endpoint, reconnects: Bool, timeoutMilliseconds: UInt64,
        backoff: ReconnectBackoff = ReconnectBackoff()
    ) {
        self.endpoint = endpoint
        self.reconnects = reconnects
        self.timeoutMilliseconds = timeoutMilliseconds
        self.backoff = backoff
    }

    // MARK: For the owner of the socket

    /// To be sent.
    var output: [UInt8] { client?.output ?? [] }
    mutating func sent(_ count: Int) { client?.sent(count) }

    /// Whether the socket is still of use, but for sending what is left.
    var usesSocket: Bool {
        switch phase {
        case .opening, .open: true
        case .away, .connecting, .ended: false
        }
    }

    /// After `close`: the gateway has said goodbye too, or there was nobody to say it to.
    var hasClosed: Bool { client?.isClosed ?? true }

    func wantsConnection(now: MonotonicInstant) -> Bool {
        if case .away(let retryAt) = phase { now >= retryAt } else { false }
    }

    /// A try is under way.
    mutating func connecting() { if case .away = phase { phase = .connecting } }

    /// - Parameter headers: further lines of the handshake, each with its end.
    mutating func connected(now: MonotonicInstant, headers: String = "") {
        guard case .connecting = phase else { return }
        var target: String?
        if let opening, let token = opening.resumeToken {
            target = endpoint.target(resuming: opening.correlationID, token: token, after: sequences.last)
        }
        client = SessionClient(endpoint: endpoint, target: target, headers: headers)
        sockets += 1
        lastReceivedAt = now
        phase = .opening(since: now)
    }

    mutating func connectFailed(_ failure: LinkFailure, now: MonotonicInstant) -> [LinkEvent] {
        guard case .connecting = phase else { return [] }
        return lose(Printable.text(failure.description), .of(failure), now)
    }

    /// The socket has ended, or broke.
    mutating func socketEnded(_ why: String?, now: MonotonicInstant) -> [LinkEvent] {
        guard usesSocket else { return [] }
        var events: [LinkEvent] = []
        for event in client?.receiveEnd() ?? [] { receive(event, now, &events) }
        guard usesSocket else { return events }
        let why = why.map { ": " + Printable.text($0) } ?? " without a goodbye"
        return events + lose("the socket ended" + why, .backoff, now)
    }

    /// The user cut the connection; the owner forgets the socket.
    mutating func drop(now: MonotonicInstant) {
        guard usesSocket else { return }
        client = nil
        untold += lose("cut from here", .backoff, now)
    }

    /// Says goodbye for good: the session ends with its connection.
    mutating func close(now: MonotonicInstant) {
        if case .open = phase, var client {
            if opening?.resumeToken != nil {
                acknowledge(&client)
                send("switchboard.session.close", data: nil, &client)
            }
            client.close()
            self.client = client
        } else {
            client = nil
        }
        phase = .ended
    }

    // MARK: For the user of the session

    var pendingCount: Int { pending.count }
    var oldestPending: MonotonicInstant? { pending.oldest }

    /// Nil before the first connection.
    var status: SessionStatus? {
        guard let opening else { return nil }
        let connection: SessionStatus.Connection =
            switch phase {
            case .away(let retryAt): .away(since: awaySince, retryAt: retryAt)
            case .connecting, .opening: .connecting(since: awaySince)
            case .open(let since): .open(since: since)
            case .ended: .ended
            }
        return SessionStatus(
            correlationID: opening.correlationID, instance: opening.instance, connection: connection,
            sequence: sequences.last, acknowledged: sequences.acknowledged, pending: pending.count)
    }

    /// Sends an event, now or when there is a connection, and returns its id. Without room for it, its problem comes with
    /// the next `advance`. - Parameter data: JSON.
    mutating func request(
        type: String, data: [UInt8]?, traceparent: String? = nil, now: MonotonicInstant, wallNanoseconds: UInt64
    ) throws(EventError) -> String {
        let id = UUIDv7(wallNanoseconds: wallNanoseconds, random: &random).text
        let event = try Event(
            id: id, source: SessionClient.source, type: type, data: data,
            extensions: traceparent.map { [("traceparent", $0)] } ?? [])
        var isOpen = false
        if case .open = phase { isOpen = catchUpTo == nil }
        let hasRoom = pending.add(
            id: id, event: event.bytes, socket: isOpen ? sockets : nil, at: now, wallNanoseconds: wallNanoseconds)
        if !hasRoom {
            let problem = RequestProblem(status: nil, title: "not sent", detail: "\(pending.count) wait for answers")
            untold.append(.problem(id: id, problem))
        } else if isOpen {
            client?.send(event: event.bytes)
        }
        return id
    }

    mutating func expire(now: MonotonicInstant, timeoutMilliseconds: UInt64) -> [String] {
        pending.expire(now: now, timeoutMilliseconds: timeoutMilliseconds)
    }

    // MARK: Time

    /// Does what is due.
    mutating func advance(now: MonotonicInstant) -> [LinkEvent] {
        var events = untold
        untold = []
        if let deadline = silenceDeadline, now >= deadline {
            let why =
                if case .open = phase {
                    "nothing came for \(deadline.milliseconds(since: lastReceivedAt) / 1000) s"
                } else {
                    "the server does not answer"
                }
            client = nil
            events += lose(why, .backoff, now)
        }
        if let deadline = catchUpDeadline, now >= deadline { finishCatchingUp() }
        acknowledgeIfDue(now)
        return events
    }

    /// When `advance` has something to do; nil: only when bytes come.
    var nextDeadline: MonotonicInstant? {
        if !untold.isEmpty { return MonotonicInstant(nanoseconds: 0) }
        if case .away(let retryAt) = phase { return retryAt }
        return [silenceDeadline, catchUpDeadline, acknowledgementDeadline].compactMap { $0 }.min()
    }

    private var silenceDeadline: MonotonicInstant? {
        switch phase {
        case .opening(let since): since.advanced(byMilliseconds: timeoutMilliseconds)
        case .open:
            opening?.heartbeatSeconds.map { seconds in
                lastReceivedAt.advanced(byMilliseconds: seconds * 1000 + Self.heartbeatGraceMilliseconds)
            }
        case .away, .connecting, .ended: nil
        }
    }

    private var catchUpDeadline: MonotonicInstant? {
        catchUpTo.map { _ in lastReceivedAt.advanced(byMilliseconds: Self.catchUpMilliseconds) }
    }

    private var acknowledgementDeadline: MonotonicInstant? {
        guard case .open = phase, opening?.resumeToken != nil else { return nil }
        return sequences.acknowledgementDeadline
    }

    // MARK: Bytes from the gateway

    mutating func receive(_ bytes: UnsafeRawBufferPointer, now: MonotonicInstant) -> [LinkEvent] {
        guard let received = client?.receive(bytes) else { return [] }
        var events: [LinkEvent] = []
        if !bytes.isEmpty { lastReceivedAt = now }
        for event in received where usesSocket { receive(event, now, &events) }
        acknowledgeIfDue(now)
        return events
    }

    private mutating func receive(_ event: SocketEvent, _ now: MonotonicInstant, _ events: inout [LinkEvent]) {
        switch event {
        case .event(let event):
            if case .opening = phase, event.type == "switchboard.session.opened" {
                open(event, now, &events)
            } else {
                receive(event, now, &events)
            }
        case .refused(let refusal): events += lose(refusal.text, .of(refusal), now)
        case .closed(let code, let reason):
            let verdict = ReconnectVerdict.of(closeCode: code, reason: reason)
            events += lose(CloseText.of(code: code, reason: reason), verdict, now)
        case .failed(let why): events += lose(Printable.text(why), .never, now)
        }
    }

    private mutating func receive(_ event: Event, _ now: MonotonicInstant, _ events: inout [LinkEvent]) {
        let cause = event.causationID
        let request = cause.flatMap { pending.remove($0) }
        switch event.string(.sequence).flatMap(SequenceTracker.parse).map({ sequences.receive($0, now: now) }) {
        // What a request still waits for was not told before, whatever its number.
        case .repeated where request == nil: return
        case .nextAfter(let gap): events.append(.gap(gap))
        case .next, .repeated, nil: break
        }
        events.append(Self.describe(event, cause, request, now))
        if let catchUpTo, let last = sequences.last, last >= catchUpTo { finishCatchingUp() }
    }

    private static func describe(
        _ event: Event, _ cause: String?, _ request: PendingRequest?, _ now: MonotonicInstant
    ) -> LinkEvent {
        if event.type == "switchboard.error" {
            let data = event.data.flatMap { try? JSONValue.parse($0) }
            return .problem(id: request == nil ? nil : cause, RequestProblem(data, status: nil))
        }
        guard let cause, let request else { return .push(event) }
        return .answer(
            Answer(
                id: cause, event: event, roundTripNanoseconds: now.nanoseconds(since: request.at),
                sentWallNanoseconds: request.wallNanoseconds))
    }

    // MARK: Connections

    private mutating func open(_ event: Event, _ now: MonotonicInstant, _ events: inout [LinkEvent]) {
        guard let opening = SessionOpening(event) else {
            events += lose("the server opened a session without an id", .never, now)
            return
        }
        let former = self.opening
        self.opening = opening
        phase = .open(since: now)
        pending.countMax = opening.inFlightMax ?? pending.countMax
        let away = now.milliseconds(since: awaySince)
        if let former, isSame(opening, as: former) {
            events.append(.resumed(resume(opening, awayMilliseconds: away)))
        } else if let former {
            sequences.begin(after: opening.isResumed ? nil : opening.sequence)
            events.append(.renewed(event, formerSession: former.correlationID, awayMilliseconds: away))
            failSent(&events)
        } else {
            var before: UInt64? = opening.sequence
            if opening.isResumed {
                before = opening.isRecovered ? endpoint.afterSequence : opening.first.map { $0 - min($0, 1) }
            }
            sequences.begin(after: before)
            events.append(.opened(event))
        }
        if catchUpTo == nil { finishCatchingUp() }
    }

    /// Whether it is the session that was lost. One that has not got as far as that is another, whatever it says: its
    /// events would be taken for repeats.
    private func isSame(_ opening: SessionOpening, as former: SessionOpening) -> Bool {
        opening.isResumed && opening.correlationID == former.correlationID && opening.sequence >= sequences.last ?? 0
    }

    private mutating func resume(_ opening: SessionOpening, awayMilliseconds: UInt64) -> Resumption {
        let last = sequences.last
        var from = last
        if !opening.isRecovered {
            let first = opening.first ?? opening.sequence + 1
            from = min(max(first - min(first, 1), last ?? 0), opening.sequence)
        }
        // `after` told the gateway what has come.
        sequences.begin(after: from)
        catchUpTo = opening.sequence > from ?? 0 ? opening.sequence : nil
        return Resumption(
            session: opening.correlationID, isRecovered: opening.isRecovered,
            recovered: from.map { opening.sequence - $0 } ?? 0, missing: last.map { (from ?? $0) - $0 } ?? 0,
            pending: pending.sentCount, awayMilliseconds: awayMilliseconds)
    }

    /// Sends what has waited, and again what had no answer: the gateway knows requests by their ids.
    private mutating func finishCatchingUp() {
        catchUpTo = nil
        guard case .open = phase else { return }
        for event in pending.takeUnsent(on: sockets) { client?.send(event: event) }
    }

    private mutating func failSent(_ events: inout [LinkEvent]) {
        for id in pending.removeSent() {
            events.append(.problem(id: id, RequestProblem(status: nil, title: "lost with the session")))
        }
    }

    private mutating func lose(_ why: String, _ verdict: ReconnectVerdict, _ now: MonotonicInstant) -> [LinkEvent] {
        catchUpTo = nil
        var isFirst = false
        if case .open(let since) = phase {
            isFirst = true
            awaySince = now
            if now.milliseconds(since: since) >= Self.steadyMilliseconds { backoff.reset() }
        }
        guard reconnects, let opening, let wait = wait(verdict) else {
            phase = .ended
            return [.ended(why)]
        }
        phase = .away(retryAt: now.advanced(byMilliseconds: wait))
        guard isFirst else { return [.retrying(why, retryMilliseconds: wait)] }
        var events: [LinkEvent] = [.lost(why, retryMilliseconds: wait)]
        if opening.resumeToken == nil { failSent(&events) }
        return events
    }

    /// Nil: there is no other try.
    private mutating func wait(_ verdict: ReconnectVerdict) -> UInt64? {
        switch verdict {
        case .never: nil
        case .backoff: backoff.nextMilliseconds()
        case .slot(let milliseconds): milliseconds
        case .notBefore(let milliseconds): milliseconds + backoff.nextMilliseconds()
        }
    }

    // MARK: Acknowledgements

    private mutating func acknowledgeIfDue(_ now: MonotonicInstant) {
        guard case .open = phase, opening?.resumeToken != nil, sequences.isAcknowledgementDue(now: now), var client
        else { return }
        acknowledge(&client)
        self.client = client
    }

    private mutating func acknowledge(_ client: inout SessionClient) {
        guard let sequence = sequences.acknowledge() else { return }
        let data = #"{"sequence":"\#(SequenceTracker.format(sequence))"}"#
        send("switchboard.session.ack", data: Array(data.utf8), &client)
    }

    private mutating func send(_ type: String, data: [UInt8]?, _ client: inout SessionClient) {
        let id = UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &random).text
        if let event = try? Event(id: id, source: SessionClient.source, type: type, data: data) {
            client.send(event: event.bytes)
        }
    }
}
