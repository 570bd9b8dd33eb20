import Broker
import Configuration
import Core
import Program

/// What `switchboard dead-letters` was told.
struct DeadLettersOptions {
    enum Action: String, CaseIterable { case list, show, replay, drop }

    static let variable = "SWITCHBOARD_AMQP_URL"
    static let defaultURL = "amqp://guest:guest@127.0.0.1:5672/"
    private static let operandsMax = 10_000
    private static let defaultLifetimeSeconds = 30

    var action: Action
    var selection: DeadLetterSelection
    var url: String
    var certificateAuthoritiesFile: String?
    var queue: String
    /// Of `list`: stops after so many.
    var limit: Int?
    /// Of what is replayed; 0 leaves the event's own.
    var lifetimeSeconds: Int
    var printsJSON: Bool
    var isAgreed: Bool

    static let syntax = CommandSyntax(
        name: "dead-letters", summary: "what could not be handled or delivered: shows it, replays it, drops it.",
        operands: "list | show ID | replay ID… | replay --all | drop ID… | drop --all", operandsMax: operandsMax,
        options: [
            CommandOption(
                "--amqp", value: "URL",
                help: "RabbitMQ. Default: \(variable), or \(defaultURL)."),
            CommandOption(
                "--amqp-file", value: "FILE", help: "A file with that URL, so that ps does not show its password."),
            CommandOption(
                "--amqp-ca", value: "FILE", help: "The authorities that may sign the broker's certificate (PEM)."),
            CommandOption(
                "--queue", value: "NAME", help: "The queue. Default: \(StandardTopology.deadLetterQueue)."),
            CommandOption("--type", value: "TYPE", help: "Only events of this type."),
            CommandOption(
                "--reason", value: "REASON",
                help: "Only those that died of it: delivery_limit, rejected, expired, deadline-passed, …"),
            CommandOption("--session", value: "ID", help: "Only events of the session with this correlation id."),
            CommandOption("--all", help: "Of replay and drop: all (that the three options above let through)."),
            CommandOption("--limit", value: "N", help: "Of list: no more than N."),
            CommandOption(
                "--lifetime", value: "SECONDS",
                help:
                    "Of replay: until when an answer is of use. Default: \(defaultLifetimeSeconds); 0 leaves expirytime as it is."
            ),
            CommandOption("--yes", help: "Of drop: doesn't ask."),
            CommandOption("--json", help: "One JSON object per line, for programs."),
        ],
        notes: """
            ID is an event's id; it also finds what answers the event of that id, as an answer that could not be delivered.
            Several events can have one id: all of them are meant.

            list    one line each: when and why it died, the queue it was taken out of, its type, id and session
            show    all that is known of it, and the event itself; exit status 1 if there is none of that id
            replay  publishes it again where it was published before, and removes it when the broker has confirmed that.
                    Its client has its error already: what a service answers now reaches nobody, but the service's work is done
            drop    removes it for good, after a question

            Reasons of RabbitMQ are delivery_limit (the service crashed on it, or gave it back, too often), rejected, expired and
            maxlen. expired is also what a service found expired; others are the dispatcher's, of answers it could not deliver.
            While the command looks through the queue, what it has seen is in its hands; a second one sees the rest. At the end, or
            if it is killed, all that it did not remove is back at the front, in its order. What has been looked at ten times is
            published again at the end of a queue that is not almost full, as RabbitMQ 4 drops what was given back twenty times. An event
            that travelled with others is replayed or dropped alone; the others are published again at the end of the queue.
            A URL in the command line shows in `ps`: better use --amqp-file, or set \(variable).
            Exit status: 0 if all was done, 1 if something was not found or failed, 2 on a wrong command line.

            examples:
              switchboard dead-letters list --reason delivery_limit
              switchboard dead-letters show 0198c1b5-8f3f-7e10-b2b1-0a6e6d2b3c4d
              switchboard dead-letters replay --all --type PingRequest
              switchboard dead-letters drop --all --session s1 --yes
            """)

    init(_ arguments: ParsedArguments, environment: [String: String] = Environment.all) throws(UsageError) {
        let names = Action.allCases.map(\.rawValue).joined(separator: ", ")
        guard let name = arguments.operands.first else { throw UsageError("what is to be done? \(names)") }
        guard let action = Action(rawValue: name) else {
            throw UsageError("`\(Printable.text(name))` is none of \(names)")
        }
        self.action = action
        let ids = Array(arguments.operands.dropFirst())
        try Self.check(action, ids, arguments)
        selection = DeadLetterSelection(
            ids: ids, type: arguments.values["--type"], reason: arguments.values["--reason"],
            session: arguments.values["--session"])
        let variable = environment[Self.variable] ?? ""
        url = try Self.url(arguments) ?? (variable.isEmpty ? Self.defaultURL : variable)
        certificateAuthoritiesFile = arguments.values["--amqp-ca"]
        queue = arguments.values["--queue"] ?? StandardTopology.deadLetterQueue
        guard (1...255).contains(queue.utf8.count) else { throw UsageError("--queue wants a name of 1 to 255 bytes") }
        limit = try arguments.integer("--limit", in: 1...1_000_000_000)
        lifetimeSeconds = try arguments.integer("--lifetime", in: 0...86_400) ?? Self.defaultLifetimeSeconds
        printsJSON = arguments.has("--json")
        isAgreed = arguments.has("--yes")
    }

    /// As it was given; nil if it was not.
    private static func url(_ arguments: ParsedArguments) throws(UsageError) -> String? {
        guard let path = arguments.values["--amqp-file"] else { return arguments.values["--amqp"] }
        guard arguments.values["--amqp"] == nil else { throw UsageError("--amqp and --amqp-file exclude each other") }
        switch FileReader.read(path) {
        case .success(let bytes): return String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
        case .failure(let error): throw UsageError("--amqp-file: \(Printable.text(path)) can't be read: \(error)")
        }
    }

    private static func check(_ action: Action, _ ids: [String], _ arguments: ParsedArguments) throws(UsageError) {
        let takesAll = action == .replay || action == .drop
        for (option, isRight) in [
            ("--all", takesAll), ("--limit", action == .list), ("--lifetime", action == .replay),
            ("--yes", action == .drop),
        ] where arguments.has(option) && !isRight {
            throw UsageError("\(action.rawValue) has no \(option)")
        }
        guard !ids.contains("") else { throw UsageError("an ID is empty") }
        switch action {
        case .list:
            if !ids.isEmpty { throw UsageError("list takes no ID; did you mean `show \(Printable.text(ids[0]))`?") }
        case .show: if ids.count != 1 { throw UsageError("show wants one ID") }
        case .replay, .drop:
            if ids.isEmpty != arguments.has("--all") {
                throw UsageError("\(action.rawValue) wants IDs, or --all, not both")
            }
        }
    }

    var configuration: AMQPConfiguration {
        var configuration = AMQPConfiguration(url: url, connectionName: "switchboard dead-letters")
        configuration.certificateAuthoritiesFile = certificateAuthoritiesFile
        // A broker with a long queue may have a lot to do before it answers.
        configuration.connectTimeoutMilliseconds = 10_000
        return configuration
    }
}
