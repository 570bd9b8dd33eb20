import JSON

/// What `switchboard ping` was told.
struct PingOptions: Equatable {
    var connection: ConnectionOptions
    /// Nil: until it is interrupted.
    var count: Int?
    /// 0: each ping follows the answer to the one before.
    var intervalMilliseconds: UInt64
    /// JSON.
    var data: [UInt8]?
    var isQuiet: Bool

    static let syntax = CommandSyntax(
        name: "ping", summary: "sends PingRequests and prints the answers, in the manner of ping(8).",
        operands: ConnectionOptions.url, operandsMax: 1,
        options: [
            CommandOption("-c", "--count", value: "N", help: "Ends after N pings. Default: goes on until Ctrl-C."),
            CommandOption(
                "-i", "--interval", value: "SECONDS",
                help: "From one ping to the next; 0: as soon as it is answered. Default: 1."),
            CommandOption("-d", "--data", value: "JSON", help: "The pings' data, which the answers echo."),
            CommandOption("-q", "--quiet", help: "Prints the statistics only."),
        ] + ConnectionOptions.options,
        notes: """
            \(ConnectionOptions.urlNotes)
            \(ConnectionOptions.reconnectNotes)
            What became of the connection is told on standard error, with --json among the rest.
            Exit status: 0 if every ping was answered, 1 if not or if there was no connection, 2 on a wrong command line.

            examples:
              switchboard ping                                   the gateway of `switchboard dev`, until Ctrl-C
              switchboard ping -c 3 wss://gateway.example/ws     three pings over TLS
              switchboard ping -c 1 --http --json                one over plain HTTP, for a script
              switchboard ping -i 0 -c 1000 -q                   a thousand round trips as fast as they go
            """)

    init(_ arguments: ParsedArguments) throws(UsageError) {
        connection = try ConnectionOptions(arguments)
        count = try arguments.integer("--count", in: 1...1_000_000_000)
        intervalMilliseconds = try arguments.milliseconds("--interval", secondsMin: 0, secondsMax: 86_400) ?? 1000
        isQuiet = arguments.has("--quiet")
        if let text = arguments.values["--data"] {
            let bytes = Array(text.utf8)
            do throws(JSONError) { _ = try JSONValue.parse(bytes) } catch {
                throw UsageError("--data wants JSON, as '{\"a\":1}' or '\"text\"': \(error)")
            }
            data = bytes
        }
    }
}
