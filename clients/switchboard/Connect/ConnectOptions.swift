/// What `switchboard connect` was told.
struct ConnectOptions: Equatable {
    var connection: ConnectionOptions

    static let syntax = CommandSyntax(
        name: "connect", summary: "an interactive session with the gateway.",
        operands: ConnectionOptions.url, operandsMax: 1, options: ConnectionOptions.options,
        notes: """
            \(ConnectionOptions.urlNotes)
            Without a terminal it reads commands from standard input, waits for their answers, and ends.
            \(ConnectionOptions.reconnectNotes)
            Exit status: 0, or 1 if something was not answered or the session was lost, 2 on a wrong command line.

            commands:
            \(ConnectInstruction.summary)

            examples:
              switchboard connect ws://127.0.0.1:8080/ws
              echo 'send PingRequest {"hello":"world"}' | switchboard connect --json
            """)

    init(_ arguments: ParsedArguments) throws(UsageError) { connection = try ConnectionOptions(arguments) }
}
