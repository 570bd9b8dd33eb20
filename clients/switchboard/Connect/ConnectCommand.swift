import CloudEvents
import Core
import Glibc
import Program

/// `switchboard connect`.
enum ConnectCommand {
    static func run(_ arguments: [String]) throws -> CInt {
        let options: ConnectOptions
        switch try ConnectOptions.syntax.parse(arguments) {
        case .help(let text):
            StandardStreams.write(text, toError: false)
            return 0
        case .arguments(let parsed): options = try ConnectOptions(parsed)
        }
        options.connection.warn()
        let telemetry = try ClientTelemetry.start()
        defer { telemetry.stop() }
        var opened: (link: any GatewayLink, opening: Event?)
        do throws(LinkFailure) {
            opened = try options.connection.open()
        } catch {
            StandardStreams.write(options.connection.explain(error, command: "connect"), toError: true)
            return 1
        }
        opened.link = telemetry.traced(opened.link, options.connection)
        let state = ConnectRun(options, opening: opened.opening, now: SystemClock.monotonic())
        // Until here Ctrl-C just ends the program.
        if Terminal.isInteractive, let terminal = Terminal() {
            let signals = try TerminationSignals(and: [SIGWINCH, SIGHUP])
            return InteractiveConsole(state, opened.link, terminal, signals).run()
        }
        return PipedConsole(state, opened.link, try TerminationSignals()).run()
    }
}
