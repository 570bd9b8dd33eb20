import CloudEvents
import Core
import JSON

/// A run of pings over a link: what to send when, and what to print of what comes. No input or output but its prints.
struct PingRun {
    static let type = "PingRequest"

    private let options: PingOptions
    private let output: LineOutput
    private let startedAt: MonotonicInstant
    private(set) var statistics = RequestStatistics()
    private var sequenceNumbers: [String: Int] = [:]
    private var nextSendAt: MonotonicInstant
    private var endedBecause: String?

    init(_ options: PingOptions, output: LineOutput, now: MonotonicInstant) {
        self.options = options
        self.output = output
        startedAt = now
        nextSendAt = now
    }

    private var url: String { options.connection.url }
    private var hasSentAll: Bool { options.count.map { statistics.sent >= $0 } ?? false }
    /// The link has, of itself.
    var hasEnded: Bool { endedBecause != nil }

    /// Whether there is nothing more to send or to wait for.
    var isDone: Bool { hasEnded || hasSentAll && sequenceNumbers.isEmpty }

    func printHead(opening: Event?) {
        let session = opening?.correlationID
        output.line(
            "PING \(url)" + (session.map { " session \(Printable.text($0))" } ?? " by plain HTTP"), json: "start",
            [("url", .string(url))] + (session.map { [("session", .string($0))] } ?? []))
    }

    /// Sends what is due, and gives up what has waited too long.
    mutating func tick(_ link: any GatewayLink, now: MonotonicInstant) throws(EventError) {
        for id in link.expire(now: now, timeoutMilliseconds: options.connection.timeoutMilliseconds) {
            let milliseconds = options.connection.timeoutMilliseconds
            fail(
                id, RequestProblem(status: nil, title: "no answer in \(Decimals.short(Double(milliseconds) / 1000)) s"))
        }
        guard !isDone, !hasSentAll, now >= nextSendAt else { return }
        if options.intervalMilliseconds == 0, !sequenceNumbers.isEmpty { return }
        let id = try link.request(type: Self.type, data: options.data)
        statistics.countSent()
        sequenceNumbers[id] = statistics.sent
        // From the time it was due, so that the pace holds; but what was missed is not made up for.
        let due = nextSendAt.advanced(byMilliseconds: options.intervalMilliseconds)
        nextSendAt = due < now ? now : due
    }

    /// Until something is due; nil: nothing is.
    func milliseconds(until link: any GatewayLink, now: MonotonicInstant) -> UInt64? {
        var due: MonotonicInstant?
        if !hasSentAll, options.intervalMilliseconds > 0 || sequenceNumbers.isEmpty { due = nextSendAt }
        return link.milliseconds(
            until: due, requestTimeoutMilliseconds: options.connection.timeoutMilliseconds, now: now)
    }

    mutating func receive(_ event: LinkEvent) {
        switch event {
        case .answer(let answer):
            guard let number = sequenceNumbers.removeValue(forKey: answer.id) else { return }
            statistics.countAnswer(roundTripNanoseconds: answer.roundTripNanoseconds, traceID: answer.traceID)
            if options.isQuiet { return }
            output.line(
                "seq=\(number) id=\(answer.id) \(answer.timing)", json: "answer",
                [("seq", .number("\(number)"))] + answer.json)
        case .problem(let id, let problem):
            if let id { fail(id, problem) } else { output.line("error: \(problem)", json: "error", problem.json) }
        case .ended(let why): end(why)
        case .opened, .push: break
        case .lost, .retrying, .gap: notify(event)
        case .resumed:
            statistics.countResumed()
            notify(event)
        case .renewed:
            statistics.countRenewed()
            notify(event)
        }
    }

    /// On standard error, so that the answers stay among themselves; programs get it all in one place.
    private func notify(_ event: LinkEvent) {
        guard !options.isQuiet, let notice = LinkNotice(event) else { return }
        output.note(notice.text, json: notice.event, notice.members)
    }

    private mutating func fail(_ id: String, _ problem: RequestProblem) {
        guard let number = sequenceNumbers.removeValue(forKey: id) else { return }
        statistics.countFailed()
        if options.isQuiet { return }
        output.line(
            "seq=\(number) id=\(id) \(problem)", json: "error",
            [("seq", .number("\(number)")), ("id", .string(id))] + problem.json)
    }

    private mutating func end(_ why: String) {
        endedBecause = why
        for id in sequenceNumbers.keys.sorted() {
            fail(id, RequestProblem(status: nil, title: "lost with the connection"))
        }
        output.line("switchboard: \(why)", json: "closed", [("detail", .string(why))])
    }

    func printSummary(now: MonotonicInstant) {
        let elapsed = now.milliseconds(since: startedAt)
        output.line(
            (output.printsJSON ? "" : "\n") + statistics.summary(url: url, elapsedMilliseconds: elapsed),
            json: "summary",
            [("url", .string(url)), ("elapsedmilliseconds", .number("\(elapsed)"))] + statistics.json)
    }
}
