extension BenchOptions {
    static let syntax = CommandSyntax(
        name: "bench", summary: "puts a load on the gateway and measures how it is borne.",
        operands: ConnectionOptions.url, operandsMax: 1,
        options: [
            CommandOption("-s", "--sessions", value: "N", help: "Sessions (with --http: connections). Default: 64."),
            CommandOption(
                "-r", "--rate", value: "R", help: "Open loop: R pings a second in all, whatever the answers do."),
            CommandOption(
                "-n", "--inflight", value: "N",
                help: "Requests of a session that wait at once. Default: 1; with --rate at most 1024."),
            CommandOption("-t", "--duration", value: "SECONDS", help: "What is measured. Default: 10."),
            CommandOption("--warmup", value: "SECONDS", help: "The load before that. Default: 1."),
            CommandOption("--ramp", value: "SECONDS", help: "Opens the sessions over so long. Default: 0, at once."),
            CommandOption("--size", value: "BYTES", help: "Of a request's event, up to 60000. Default: 200."),
            CommandOption("--scenario", value: "NAME", help: "The shape of the load (below). Default: steady."),
            CommandOption("--http", help: "POST /ping on kept connections instead of WebSockets."),
            CommandOption(
                "--threshold", value: "LIMIT", help: "As p99<20ms: exit status 1 if it does not hold.", repeats: true),
            CommandOption("--compare", value: "FILE", help: "Shows the difference to a run whose --json is in FILE."),
            CommandOption("--trace-slowest", value: "N", help: "Names the traces of the N slowest that were sampled."),
            CommandOption("--pids", value: "PID,…", help: "Reports CPU and memory of these processes of the gateway."),
            CommandOption(
                "-W", "--timeout", value: "SECONDS", help: "For connecting, and for the last answers. Default: 10."),
            CommandOption("--json", help: "The result as one JSON object on standard output."),
            CommandOption("--ca", value: "FILE", help: "Certificate authorities (PEM) to trust."),
            CommandOption("--insecure", help: "Accepts any certificate."),
            TokenSource.option,
        ], notes: notes)

    private static let notes = """
        URL is ws://, wss:// (TLS), http:// or https:// with host, port and path as for `switchboard ping`. Default:
        ws://127.0.0.1:8080/ws. Proxies are not used.
        \(TokenSource.notes)
        With --http it is read once. A principal's limits hold for all sessions together: --principal-rate of public-web.

        Without --rate the loop is closed: each session sends its next ping when one is answered, so a slow gateway
        is asked less. With --rate it is open: each ping is due at a time of its own and its latency counts from
        there, even if it had to wait here; what could not be sent at all counts with the time it waited.

        scenarios
          steady           the same load all the time
          ramp             --rate rises from nothing over --duration, or without it the sessions do; a row for each step
          burst            ten times --rate for 1 s in every 5 s
          reconnect-storm  all sockets are cut at once in the middle; the sessions come back as a good client does
          slow-consumers   one session in five stops reading for half of the time; the others are reported apart
          idle             sessions that only stand open: how fast they open, and with --pids their memory

        LIMIT is METRIC<VALUE or METRIC>VALUE (also <= and >=). METRIC is p50, p90, p99, p99.9, max or mean (with us, ms
        or s), rate (answers a second), errors (a number, or a share with %), lost, duplicates, or connects (a second).

        A lost connection is resumed, as every client does; requests that nobody answered are lost.
        Exit status: 0; 1 if an answer was lost, came twice or to nothing that was asked, if a session could not be
        opened or did not come back, if nothing was answered, or if a --threshold does not hold; 2 on a wrong command
        line.

        examples:
          switchboard bench                                         64 sessions, as fast as they are answered
          switchboard bench --rate 5000 --sessions 1000 -t 30       what 5000 pings a second feel like
          switchboard bench --rate 2000 --threshold 'p99<20ms' --threshold 'errors<0.1%'     for CI
          switchboard bench --json > before.json; switchboard bench --compare before.json
          switchboard bench --scenario idle --sessions 10000 --pids 1234     memory of a session
        """
}
