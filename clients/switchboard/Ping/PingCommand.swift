import CloudEvents
import Core
import Program

/// `switchboard ping`.
enum PingCommand {
    static func run(_ arguments: [String]) throws -> CInt {
        let options: PingOptions
        switch try PingOptions.syntax.parse(arguments) {
        case .help(let text):
            StandardStreams.write(text, toError: false)
            return 0
        case .arguments(let parsed): options = try PingOptions(parsed)
        }
        options.connection.warn()
        let telemetry = try ClientTelemetry.start()
        defer { telemetry.stop() }
        var opened: (link: any GatewayLink, opening: Event?)
        do throws(LinkFailure) {
            opened = try options.connection.open()
        } catch {
            StandardStreams.write(options.connection.explain(error, command: "ping"), toError: true)
            return 1
        }
        opened.link = telemetry.traced(opened.link, options.connection)
        // Until here Ctrl-C just ends the program.
        return try ping(options, opened, try TerminationSignals())
    }

    private static func ping(
        _ options: PingOptions, _ opened: (link: any GatewayLink, opening: Event?), _ signals: TerminationSignals
    ) throws -> CInt {
        let link = opened.link
        let output = LineOutput(printsJSON: options.connection.printsJSON)
        var run = PingRun(options, output: output, now: SystemClock.monotonic())
        run.printHead(opening: opened.opening)
        var isInterrupted = false
        while !isInterrupted {
            for event in link.advance() { run.receive(event) }
            try run.tick(link, now: SystemClock.monotonic())
            if run.isDone { break }
            Poller.wait(
                [Poller.Interest(fd: link.fd, writes: link.wantsToWrite), Poller.Interest(fd: signals.fd)],
                milliseconds: run.milliseconds(until: link, now: SystemClock.monotonic()))
            isInterrupted = signals.next() != nil
        }
        let endedAt = SystemClock.monotonic()
        link.close()
        run.printSummary(now: endedAt)
        return run.statistics.isClean && !run.hasEnded ? 0 : 1
    }
}
