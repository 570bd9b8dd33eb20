/// What `switchboard trace` was told.
struct TraceOptions: Equatable {
    enum Query: Equatable {
        case id(String)
        case last(Int)
        case slowest(Int)
    }

    static let defaultReceiver = "http://127.0.0.1:4318"
    static let defaultPublicWeb = "http://127.0.0.1:8080"
    static let listMax = 1000
    private static let listDefault = 10

    var query: Query
    /// Of the receiver.
    var from: Endpoint
    /// Of public-web.
    var events: Endpoint
    var correlationID: String?
    /// For public-web.
    var token: TokenSource
    var printsJSON: Bool
    var waitMilliseconds: UInt64

    static let syntax = CommandSyntax(
        name: "trace", summary: "draws what became of an event: its trace through all tiers, with its logs.",
        operands: "[ID]", operandsMax: 1,
        options: [
            CommandOption("--last", value: "[N]", help: "The newest trace; with N a table of so many."),
            CommandOption(
                "--slowest", value: "[N]", help: "A table of the slowest N traces (default 10), or the slowest one."),
            CommandOption("--from", value: "URL", help: "The receiver. Default: \(defaultReceiver)."),
            CommandOption(
                "--events", value: "URL", help: "public-web, for the event's timeline. Default: \(defaultPublicWeb)."),
            CommandOption(
                "--correlation", value: "ID",
                help: "The event's session, for its timeline if no trace or log tells it."),
            CommandOption(
                "--token-file", value: "FILE", help: "A token for public-web; without it, \(TokenSource.variable)."),
            CommandOption("--json", help: "What the receiver knows, as one JSON object which is OTLP's as well."),
            CommandOption(
                "--wait", value: "SECONDS",
                help: "For a trace that is not there yet, or still growing. Default: 1."),
        ],
        notes: """
            ID is a trace id or its beginning (8 digits or more), an event's id, or a session's correlation id; the last can
            have many traces, which are listed. The receiver is `switchboard dev`, or `switchboard collect` beside other
            programs: they keep what comes by OTLP/HTTP JSON, whoever sends it.
            offset is the time since the trace's beginning. ◆ is an event of a span, ≡ a log line, ✗ an error.
            Colours are for terminals; NO_COLOR=1 switches them off.
            Exit status: 0 if there was something to show, 1 if not, 2 on a wrong command line.

            examples:
              switchboard trace --last                  the ping just sent
              switchboard trace --last 20               what came lately
              switchboard trace --slowest 5
              switchboard trace 4bf92f3577b34da6        by the beginning of a trace id
            """)

    init(_ arguments: ParsedArguments) throws(UsageError) {
        let isLast = arguments.has("--last")
        let isSlowest = arguments.has("--slowest")
        let given = arguments.operands.count + (isLast ? 1 : 0) + (isSlowest ? 1 : 0)
        guard given == 1 else { throw UsageError("which trace? Either an ID, or --last [N], or --slowest [N]") }
        func count(_ key: String, _ fallback: Int) throws(UsageError) -> Int {
            arguments.values[key] == "" ? fallback : try arguments.integer(key, in: 1...Self.listMax) ?? fallback
        }
        if isLast {
            query = .last(try count("--last", 1))
        } else if isSlowest {
            query = .slowest(try count("--slowest", Self.listDefault))
        } else {
            guard !arguments.operands[0].isEmpty else { throw UsageError("the ID is empty") }
            query = .id(arguments.operands[0])
        }
        from = try Endpoint(parsing: arguments.values["--from"] ?? Self.defaultReceiver)
        events = try Endpoint(parsing: arguments.values["--events"] ?? Self.defaultPublicWeb)
        correlationID = arguments.values["--correlation"]
        token = try TokenSource(arguments)
        printsJSON = arguments.has("--json")
        waitMilliseconds = try arguments.milliseconds("--wait", secondsMin: 0, secondsMax: 3600) ?? 1000
    }

    /// How to see another one from the same place.
    func command(_ id: String) -> String {
        "switchboard trace \(id)" + (from.httpURL == Self.defaultReceiver ? "" : " --from \(from.httpURL)")
            + (events.httpURL == Self.defaultPublicWeb ? "" : " --events \(events.httpURL)")
    }
}
