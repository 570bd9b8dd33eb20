import Configuration
import Core
import Crypto
import Program

/// The program: finds the command and runs it.
enum SwitchboardCommand {
    private static let names = ["ping", "connect", "bench", "trace", "dead-letters", "dev", "collect", "help"]

    static let help = """
        switchboard: a client of the gateway, and all of it in one process.

        usage: switchboard COMMAND [options]

          ping      sends PingRequests and prints the answers, in the manner of ping(8)
          connect   an interactive session: type events, see the answers
          bench     puts a load on the gateway and measures how it is borne
          trace     what became of an event: its way through all tiers, with its logs
          dead-letters   what could not be handled or delivered: shows it, replays it, drops it
          dev       public-web, dispatcher and ping-listener in one process, without RabbitMQ
          collect   the receiver of traces and logs that `trace` asks, alone

        `switchboard COMMAND --help` says more. `switchboard --version` prints the version.

        """

    /// - Returns: the exit status: 2 on a wrong command line.
    static func run(_ arguments: [String]) -> CInt {
        guard let name = arguments.first else { return misuse("which command? \(names.joined(separator: ", "))") }
        let rest = Array(arguments.dropFirst())
        // Threads that connect or wait for a response are not waited for.
        CryptoLibrary.keepUntilExit()
        do {
            switch name {
            case "ping": return try PingCommand.run(rest)
            case "connect": return try ConnectCommand.run(rest)
            case "bench": return try BenchCommand.run(rest)
            case "trace": return try TraceCommand.run(rest)
            case "dead-letters": return try DeadLettersCommand.run(rest)
            case "dev": DevCommand.run(rest)
            case "collect": CollectCommand.run(rest)
            case "help" where !rest.isEmpty && rest[0] != "help": return run([rest[0], "--help"])
            case "help", "--help", "-h":
                StandardStreams.write(help, toError: false)
                return 0
            case "--version":
                StandardStreams.write("switchboard \(ProgramMain.version)\n", toError: false)
                return 0
            default:
                let nearest = EditDistance.nearest(to: name, among: names)
                return misuse(
                    "there is no command `\(Printable.text(name))`" + (nearest.map { "; did you mean `\($0)`?" } ?? ""))
            }
        } catch let error as UsageError {
            return misuse("\(name): \(error)", help: "switchboard \(name) --help")
        } catch let error as SettingsProblem {
            StandardStreams.write("switchboard: \(error)\n", toError: true)
            return 2
        } catch {
            StandardStreams.write("switchboard: \(error)\n", toError: true)
            return 1
        }
    }

    private static func misuse(_ text: String, help: String = "switchboard --help") -> CInt {
        StandardStreams.write("switchboard: \(text) (\(help) tells more)\n", toError: true)
        return 2
    }
}
