import CloudEvents
import Core
import JSON

/// A session's state for `connect`: carries out instructions over the link, and turns what comes into lines.
struct ConnectRun {
    private let options: ConnectOptions
    private let output: LineOutput
    private let openedAt: MonotonicInstant
    private(set) var statistics = RequestStatistics()
    private(set) var isLost = false
    /// To be printed, whole. A notice tells of the connection, not of events.
    private var lines: [(text: String, isNotice: Bool)] = []

    /// - Parameter opening: nil over plain HTTP.
    init(_ options: ConnectOptions, opening: Event?, now: MonotonicInstant) {
        self.options = options
        output = LineOutput(printsJSON: options.connection.printsJSON)
        openedAt = now
        let url = options.connection.url
        if let opening, let session = opening.correlationID {
            emit(
                "connected to \(url), session \(Printable.text(session))", "opened",
                [("url", .string(url)), ("opening", (try? JSONValue.parse(opening.bytes)) ?? .null)])
        } else {
            emit("each command goes to \(url) by plain HTTP", "opened", [("url", .string(url))])
        }
    }

    mutating func takeLines() -> [(text: String, isNotice: Bool)] {
        defer { lines = [] }
        return lines
    }

    private mutating func emit(_ text: @autoclosure () -> String, _ event: String, _ members: [(String, JSONValue)]) {
        lines.append((output.formatted(text(), json: event, members), false))
    }

    // MARK: From the user

    /// - Returns: false to end.
    mutating func carryOut(_ instruction: ConnectInstruction, _ link: any GatewayLink, now: MonotonicInstant) -> Bool {
        switch instruction {
        case .quit: return false
        case .help: lines.append((ConnectInstruction.summary, false))
        case .drop:
            if !link.drop() {
                let why = "there is no connection to drop"
                emit(why, "error", [("detail", .string(why))])
            }
        case .status: showStatus(link, now)
        case .ping(let count):
            for _ in 0..<count { request(PingRun.type, nil, link) }
        case .send(let type, let data): request(type, data, link)
        }
        return true
    }

    private mutating func request(_ type: String, _ data: [UInt8]?, _ link: any GatewayLink) {
        do throws(EventError) {
            let id = try link.request(type: type, data: data)
            statistics.countSent()
            if output.printsJSON { emit("", "sent", [("id", .string(id)), ("type", .string(type))]) }
        } catch {
            emit("not sent: \(error)", "error", [("detail", .string("\(error)"))])
        }
    }

    private mutating func showStatus(_ link: any GatewayLink, _ now: MonotonicInstant) {
        let session = link.sessionStatus
        var text = "\(options.connection.url), for \(Self.seconds(now.milliseconds(since: openedAt)))\n"
        if let session { text += Self.describe(session, now) + "\n" }
        text += "\(statistics.sent) sent, \(statistics.answered) answered, \(statistics.failed) failed"
        text += ", \(link.pendingCount) pending"
        if let reconnects = statistics.reconnectText { text += "\n" + reconnects }
        if let roundTrips = statistics.roundTripText { text += "\n" + roundTrips }
        emit(text, "status", (session.map { Self.members($0, now) } ?? []) + statistics.json)
    }

    private static func describe(_ session: SessionStatus, _ now: MonotonicInstant) -> String {
        var text = "session \(Printable.text(session.correlationID)), "
        switch session.connection {
        case .open(let since): text += "connected for \(seconds(now.milliseconds(since: since)))"
        case .away(let since, let retryAt):
            text += "not connected for \(seconds(now.milliseconds(since: since)))"
            text += ", next try in \(seconds(retryAt.milliseconds(since: now)))"
        case .connecting(let since):
            text += "not connected for \(seconds(now.milliseconds(since: since))), trying"
        case .ended: text += "ended"
        }
        if let instance = session.instance { text += ", instance \(Printable.text(instance))" }
        text += "\nsequence \(session.sequence.map { "\($0)" } ?? "unknown")"
        return text + ", acknowledged \(session.acknowledged)"
    }

    private static func members(_ session: SessionStatus, _ now: MonotonicInstant) -> [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [
            ("session", .string(session.correlationID)),
            ("instance", session.instance.map { .string($0) } ?? .null),
        ]
        switch session.connection {
        case .open(let since):
            members += [
                ("connected", .bool(true)), ("connectedmilliseconds", .number("\(now.milliseconds(since: since))")),
            ]
        case .away(let since, _), .connecting(let since):
            members += [
                ("connected", .bool(false)), ("awaymilliseconds", .number("\(now.milliseconds(since: since))")),
            ]
        case .ended: members.append(("connected", .bool(false)))
        }
        if case .away(_, let retryAt) = session.connection {
            members.append(("retrymilliseconds", .number("\(retryAt.milliseconds(since: now))")))
        }
        return members + [
            ("sequence", session.sequence.map { .string(SequenceTracker.format($0)) } ?? .null),
            ("acknowledged", .string(SequenceTracker.format(session.acknowledged))),
            ("pending", .number("\(session.pending)")),
        ]
    }

    private static func seconds(_ milliseconds: UInt64) -> String { "\(Decimals.short(Double(milliseconds) / 1000)) s" }

    // MARK: From the gateway

    mutating func receive(_ event: LinkEvent) {
        switch event {
        case .opened: break
        case .answer(let answer):
            statistics.countAnswer(roundTripNanoseconds: answer.roundTripNanoseconds)
            emit(
                "\(Printable.text(answer.event.type)) \(answer.timing)\(Self.data(of: answer.event))", "answer",
                answer.json)
        case .problem(let id, let problem):
            if id != nil { statistics.countFailed() }
            emit("error \(problem)", "error", (id.map { [("id", .string($0))] } ?? []) + problem.json)
        case .push(let event):
            emit(
                "\(Printable.text(event.type))\(Self.data(of: event))", "push",
                [("push", (try? JSONValue.parse(event.bytes)) ?? .null)])
        case .ended(let why): lose(why)
        case .lost, .retrying, .gap: notify(event)
        case .resumed:
            statistics.countResumed()
            notify(event)
        case .renewed:
            statistics.countRenewed()
            notify(event)
        }
    }

    /// Gives up what has waited too long.
    mutating func expire(_ link: any GatewayLink, now: MonotonicInstant) {
        let milliseconds = options.connection.timeoutMilliseconds
        for id in link.expire(now: now, timeoutMilliseconds: milliseconds) {
            receive(
                .problem(
                    id: id,
                    RequestProblem(status: nil, title: "no answer in \(Decimals.short(Double(milliseconds) / 1000)) s"))
            )
        }
    }

    /// Until something is due; nil: nothing is.
    func milliseconds(until link: any GatewayLink, now: MonotonicInstant) -> UInt64? {
        link.milliseconds(
            until: nil, requestTimeoutMilliseconds: options.connection.timeoutMilliseconds, now: now)
    }

    private mutating func notify(_ event: LinkEvent) {
        guard let notice = LinkNotice(event) else { return }
        lines.append((output.formatted(notice.text, json: notice.event, notice.members), !output.printsJSON))
    }

    private mutating func lose(_ why: String) {
        isLost = true
        let waiting = statistics.waiting
        let lost = waiting > 0 ? "; \(waiting) sent and not answered" : ""
        emit(why + lost, "closed", [("detail", .string(why)), ("waiting", .number("\(waiting)"))])
    }

    private static func data(of event: Event) -> String {
        event.data.map { "  " + Printable.text($0) } ?? ""
    }
}
