/// What `switchboard bench` was told.
struct BenchOptions: Equatable {
    static let sessionsMax = 1_000_000
    static let inFlightMax = 1024
    static let sizeMax = 60_000
    private static let sessionsDefault = 64
    private static let sizeDefault = 200

    var connection: ConnectionOptions
    var scenario: BenchScenario
    var sessions: Int
    /// Events per second in all; nil: the closed loop.
    var rate: Double?
    /// Of each session.
    var inFlight: Int
    var durationMilliseconds: UInt64
    var warmupMilliseconds: UInt64
    /// Over which the sessions are opened.
    var rampMilliseconds: UInt64
    /// Of a request's event, or its body with HTTP.
    var size: Int
    var thresholds: [BenchThreshold]
    /// A file with the JSON of an earlier run.
    var compare: String?
    var slowestTraces: Int
    var pids: [Int]

    init(_ arguments: ParsedArguments) throws(UsageError) {
        connection = try ConnectionOptions(arguments)
        scenario = try Self.scenario(arguments)
        sessions = try arguments.integer("--sessions", in: 1...Self.sessionsMax) ?? Self.sessionsDefault
        rate = try arguments.number("--rate", in: 0.1...10_000_000)
        let inFlight = try arguments.integer("--inflight", in: 1...Self.inFlightMax)
        self.inFlight = connection.usesHTTP ? 1 : inFlight ?? (rate == nil ? 1 : Self.inFlightMax)
        durationMilliseconds =
            try arguments.milliseconds("--duration", secondsMin: 0.1, secondsMax: 604_800) ?? 10_000
        let warmup = try arguments.milliseconds("--warmup", secondsMin: 0, secondsMax: 3600)
        rampMilliseconds = try arguments.milliseconds("--ramp", secondsMin: 0, secondsMax: 3600) ?? 0
        size = try arguments.integer("--size", in: 0...Self.sizeMax) ?? Self.sizeDefault
        thresholds = []
        for text in arguments.lists["--threshold"] ?? [] { thresholds.append(try BenchThreshold(parsing: text)) }
        compare = arguments.values["--compare"]
        slowestTraces = try arguments.integer("--trace-slowest", in: 1...1000) ?? 0
        pids = try Self.pids(arguments)
        let begins = scenario == .ramp || scenario == .idle
        warmupMilliseconds = begins ? 0 : warmup ?? 1000
        if begins, warmup != nil { throw UsageError("--scenario \(scenario.rawValue) has no --warmup") }
        if let inFlight, inFlight > 1, connection.usesHTTP {
            throw UsageError("--http has one request in flight on each connection, so --inflight \(inFlight) can't be")
        }
        try check()
    }

    private func check() throws(UsageError) {
        let name = "--scenario \(scenario.rawValue)"
        if scenario == .burst, rate == nil { throw UsageError("\(name) wants a --rate to multiply") }
        if scenario == .idle, rate != nil { throw UsageError("\(name) sends nothing, so it has no --rate") }
        if scenario == .slowConsumers, sessions < 2 {
            throw UsageError("\(name) wants at least 2 --sessions: slow ones and others")
        }
        if connection.usesHTTP, [.reconnectStorm, .slowConsumers, .idle].contains(scenario) {
            throw UsageError("\(name) is about sessions, which --http has none of")
        }
        if rampMilliseconds > 0, scenario == .ramp {
            throw UsageError("\(name) rises over the whole --duration, so --ramp has no meaning with it")
        }
    }

    private static func scenario(_ arguments: ParsedArguments) throws(UsageError) -> BenchScenario {
        guard let name = arguments.values["--scenario"] else { return .steady }
        guard let scenario = BenchScenario(rawValue: name) else {
            throw UsageError("--scenario wants one of \(BenchScenario.names), not `\(Printable.text(name))`")
        }
        return scenario
    }

    private static func pids(_ arguments: ParsedArguments) throws(UsageError) -> [Int] {
        guard let text = arguments.values["--pids"] else { return [] }
        let pids = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard pids.count <= 16, pids.allSatisfy({ $0 > 0 }) else {
            throw UsageError("--pids wants up to 16 process ids, as 12,13,14, not `\(Printable.text(text))`")
        }
        return pids
    }
}
