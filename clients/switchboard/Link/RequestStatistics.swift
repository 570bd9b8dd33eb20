import JSON

/// What was sent over a link, what became of it, and how long answers took.
struct RequestStatistics {
    private(set) var sent = 0
    private(set) var answered = 0
    private(set) var failed = 0
    /// How often the connection came back: with the session, and with a new one in its place.
    private(set) var resumed = 0
    private(set) var renewed = 0
    private var minimum = UInt64.max
    private var maximum: UInt64 = 0
    private var sum = 0.0
    private var sumOfSquares = 0.0
    /// Of the slowest answer that is traced.
    private(set) var slowest: (nanoseconds: UInt64, traceID: String)?

    mutating func countSent() { sent += 1 }
    mutating func countFailed() { failed += 1 }
    mutating func countResumed() { resumed += 1 }
    mutating func countRenewed() { renewed += 1 }

    /// - Parameter traceID: if the gateway traces the event.
    mutating func countAnswer(roundTripNanoseconds: UInt64, traceID: String? = nil) {
        if let traceID, roundTripNanoseconds >= slowest?.nanoseconds ?? 0 { slowest = (roundTripNanoseconds, traceID) }
        answered += 1
        minimum = min(minimum, roundTripNanoseconds)
        maximum = max(maximum, roundTripNanoseconds)
        let milliseconds = Double(roundTripNanoseconds) / 1_000_000
        sum += milliseconds
        sumOfSquares += milliseconds * milliseconds
    }

    /// Those that were still on their way when the user broke off: neither answered nor lost.
    var waiting: Int { sent - answered - failed }
    var isClean: Bool { answered > 0 && failed == 0 }

    private var mean: Double { answered == 0 ? 0 : sum / Double(answered) }
    private var deviation: Double {
        answered == 0 ? 0 : max(0, sumOfSquares / Double(answered) - mean * mean).squareRoot()
    }

    private var roundTrips: [(name: String, milliseconds: String)] {
        [
            ("min", Decimals.milliseconds(nanoseconds: minimum)), ("avg", Decimals.milliseconds(mean)),
            ("max", Decimals.milliseconds(nanoseconds: maximum)), ("mdev", Decimals.milliseconds(deviation)),
        ]
    }

    private var lossPercent: String {
        let ended = answered + failed
        guard ended > 0 else { return "0" }
        let tenths = (failed * 1000 + ended / 2) / ended
        // What was lost must not be rounded away.
        if failed > 0, tenths == 0 { return "<0.1" }
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// In the manner of ping(8).
    func summary(url: String, elapsedMilliseconds: UInt64) -> String {
        var text = """
            --- \(url) ping statistics ---
            \(sent) sent, \(answered) answered, \(failed) lost, \(lossPercent)% loss, time \(elapsedMilliseconds) ms
            """
        if waiting > 0 { text += "\n\(waiting) not waited for" }
        if let reconnectText { text += "\n\(reconnectText)" }
        if let roundTripText { text += "\n\(roundTripText)" }
        if let slowest { text += "\nslowest traced: switchboard trace \(slowest.traceID)" }
        return text
    }

    /// Nil if the connection was never lost.
    var reconnectText: String? {
        let total = resumed + renewed
        guard total > 0 else { return nil }
        let sessions = renewed == 0 ? "all resumed" : "\(resumed) resumed, \(renewed) to a new session"
        return "\(total) \(total == 1 ? "reconnect" : "reconnects"), \(sessions)"
    }

    /// Nil before the first answer.
    var roundTripText: String? {
        guard answered > 0 else { return nil }
        let names = roundTrips.map(\.name).joined(separator: "/")
        return "rtt \(names) = \(roundTrips.map(\.milliseconds).joined(separator: "/")) ms"
    }

    var json: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [
            ("sent", .number("\(sent)")), ("answered", .number("\(answered)")),
            ("lost", .number("\(failed)")), ("waiting", .number("\(waiting)")),
            ("reconnects", .number("\(resumed + renewed)")), ("resumed", .number("\(resumed)")),
        ]
        if let slowest { members.append(("slowesttraceid", .string(slowest.traceID))) }
        if answered > 0 {
            members.append(("roundtripmilliseconds", .object(roundTrips.map { ($0.name, .number($0.milliseconds)) })))
        }
        return members
    }
}
