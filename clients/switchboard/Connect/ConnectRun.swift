import CloudEvents
import Core
import JSON

/// A session's state for `connect`: carries out instructions over the link, and turns what comes into lines.
struct ConnectRun {
    private let options: ConnectOptions
    private let output: LineOutput
    private let openedAt: MonotonicInstant
    private let session: String?
    private let instance: String?
    private(set) var statistics = RequestStatistics()
    private(set) var isLost = false
    private var lastSequence = "none"
    /// To be printed, whole.
    private(set) var lines: [String] = []

    /// - Parameter opening: nil over plain HTTP.
    init(_ options: ConnectOptions, opening: Event?, now: MonotonicInstant) {
        self.options = options
        output = LineOutput(printsJSON: options.connection.printsJSON)
        openedAt = now
        session = opening?.correlationID
        instance = opening?.data.flatMap { try? JSONValue.parse($0) }?["instance"]?.string
        let url = options.connection.url
        if let opening, let session {
            emit(
                "connected to \(url), session \(Printable.text(session))", "opened",
                [("url", .string(url)), ("opening", (try? JSONValue.parse(opening.bytes)) ?? .null)])
        } else {
            emit("each command goes to \(url) by plain HTTP", "opened", [("url", .string(url))])
        }
    }

    mutating func takeLines() -> [String] {
        defer { lines = [] }
        return lines
    }

    private mutating func emit(_ text: @autoclosure () -> String, _ event: String, _ members: [(String, JSONValue)]) {
        lines.append(output.formatted(text(), json: event, members))
    }

    // MARK: From the user

    /// - Returns: false to end.
    mutating func carryOut(_ instruction: ConnectInstruction, _ link: any GatewayLink, now: MonotonicInstant) -> Bool {
        switch instruction {
        case .quit: return false
        case .help: lines.append(ConnectInstruction.summary)
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
        let seconds = Double(now.milliseconds(since: openedAt)) / 1000
        var text = "\(options.connection.url), for \(Decimals.short(seconds)) s\n"
        if let session { text += "session \(Printable.text(session))" }
        if let instance { text += ", instance \(Printable.text(instance))" }
        if session != nil { text += ", last sequence \(Printable.text(lastSequence))\n" }
        text += "\(statistics.sent) sent, \(statistics.answered) answered, \(statistics.failed) failed"
        text += ", \(link.pendingCount) waiting"
        if let roundTrips = statistics.roundTripText { text += "\n" + roundTrips }
        emit(
            text, "status",
            [("session", session.map { .string($0) } ?? .null), ("sequence", .string(lastSequence))] + statistics.json)
    }

    // MARK: From the gateway

    mutating func receive(_ event: LinkEvent) {
        switch event {
        case .opened: break
        case .answer(let answer):
            statistics.countAnswer(roundTripNanoseconds: answer.roundTripNanoseconds)
            note(answer.event)
            emit(
                "\(Printable.text(answer.event.type)) \(answer.timing)\(Self.data(of: answer.event))", "answer",
                answer.json)
        case .problem(let id, let problem):
            if id != nil { statistics.countFailed() }
            emit("error \(problem)", "error", (id.map { [("id", .string($0))] } ?? []) + problem.json)
        case .push(let event):
            note(event)
            emit(
                "\(Printable.text(event.type))\(Self.data(of: event))", "push",
                [("push", (try? JSONValue.parse(event.bytes)) ?? .null)])
        case .closed(let code, let reason): lose(CloseText.of(code: code, reason: reason))
        case .failed(let why): lose(Printable.text(why))
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

    /// Until something waits too long; nil: nothing waits.
    func milliseconds(until link: any GatewayLink, now: MonotonicInstant) -> UInt64? {
        link.oldestPending.map { oldest in
            let late = oldest.advanced(byMilliseconds: options.connection.timeoutMilliseconds)
            return late <= now ? 0 : late.milliseconds(since: now) + 1
        }
    }

    private mutating func note(_ event: Event) { lastSequence = event.string(.sequence) ?? lastSequence }

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
