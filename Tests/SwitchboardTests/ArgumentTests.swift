import Testing

@testable import switchboard

@Suite struct ArgumentTests {
    private static func ping(_ arguments: [String]) throws -> PingOptions {
        guard case .arguments(let parsed) = try PingOptions.syntax.parse(arguments) else { throw UsageError("help") }
        return try PingOptions(parsed)
    }

    @Test func defaults() throws {
        let options = try Self.ping([])
        #expect(options.connection.endpoint.webSocketURL == "ws://127.0.0.1:8080/ws")
        #expect(options.count == nil && options.intervalMilliseconds == 1000 && options.data == nil)
        #expect(!options.connection.usesHTTP && options.connection.verifiesCertificate && !options.isQuiet)
        #expect(options.connection.timeoutMilliseconds == 10_000 && options.connection.reconnects)
        #expect(try !Self.ping(["--no-reconnect"]).connection.reconnects)
    }

    @Test(arguments: [
        ["-c", "3", "-i", "0.25", "ws://h/x"], ["-c3", "-i0.25", "ws://h/x"],
        ["--count=3", "ws://h/x", "--interval=0.25"],
        ["ws://h/x", "--count", "3", "--interval", "0.25"], ["-c", "3", "-i", "0.25", "--", "ws://h/x"],
    ])
    func waysToWriteTheSame(_ arguments: [String]) throws {
        let options = try Self.ping(arguments)
        #expect(options.count == 3 && options.intervalMilliseconds == 250)
        #expect(options.connection.endpoint.webSocketURL == "ws://h:80/x")
    }

    @Test(arguments: [
        (["-c", "x"], "--count wants a whole number from 1 to 1000000000, not `x`"),
        (["-c", "0"], "--count wants a whole number from 1 to 1000000000, not `0`"),
        (["-c"], "-c wants a value: -c N"),
        (["-i", "-1"], "--interval wants seconds from 0 to 86400, not `-1`"),
        (["-i", "nan"], "--interval wants seconds from 0 to 86400, not `nan`"),
        (["--json=yes"], "--json takes no value, so `--json=yes` is not understood"),
        (["--json", "--json"], "--json is there twice"),
        (["--interwal", "1"], "there is no option --interwal; did you mean --interval?"),
        (["-x"], "there is no option -x"),
        (["a", "b"], "`b` is one operand too many"),
        (["--data", "{"], "--data wants JSON, as '{\"a\":1}' or '\"text\"': it ends too early, at byte 1"),
        (["gopher://x"], "`gopher://` is not spoken here: use ws://, wss://, http:// or https://"),
        (["ws://"], "`ws://` names no host"), (["ws://h:0"], "`0` is no port: a number from 1 to 65535"),
        (["ws://h:99999"], "`99999` is no port: a number from 1 to 65535"),
        (["ws://user@h"], "`ws://user@h` names no host"), (["ws://[::1"], "`ws://[::1` names no host"),
        (["h\u{7}"], "`h\u{7}` names no host"),
    ])
    func refusals(_ arguments: [String], _ text: String) {
        #expect(throws: UsageError(text)) { try Self.ping(arguments) }
    }

    @Test(arguments: [
        ("localhost", "ws://localhost:8080/ws", "http://localhost:8080"),
        ("localhost:9000", "ws://localhost:9000/ws", "http://localhost:9000"),
        ("ws://h", "ws://h:80/ws", "http://h:80"), ("wss://h", "wss://h:443/ws", "https://h:443"),
        ("http://h:1", "ws://h:1/ws", "http://h:1"), ("https://h/", "wss://h:443/ws", "https://h:443"),
        ("ws://h/a/b?c=d", "ws://h:80/a/b?c=d", "http://h:80"), ("ws://h?c=d", "ws://h:80/ws?c=d", "http://h:80"),
        ("[::1]:9", "ws://[::1]:9/ws", "http://[::1]:9"), ("WSS://H:5/x", "wss://H:5/x", "https://H:5"),
    ])
    func endpoints(_ text: String, _ webSocket: String, _ http: String) throws {
        let endpoint = try Endpoint(parsing: text)
        #expect(endpoint.webSocketURL == webSocket)
        #expect(endpoint.httpURL == http)
    }

    @Test(arguments: [
        ("ws://h", "/ws?correlationid=a%2Fb&resume=%C3%A9%26&after=0000000000000003"),
        (
            "ws://h/x?a=b&&after=1&resume=y&correlationid=z&afterwards&c",
            "/x?a=b&afterwards&c&correlationid=a%2Fb&resume=%C3%A9%26&after=0000000000000003"
        ),
    ])
    func targetsThatResume(_ text: String, _ target: String) throws {
        let endpoint = try Endpoint(parsing: text)
        #expect(endpoint.target(resuming: "a/b", token: "é&", after: 3) == target)
        let unknown = endpoint.target(resuming: "a/b", token: "é&", after: nil)
        #expect(unknown == String(target.dropLast("&after=0000000000000003".count)))
    }

    @Test(arguments: [["--help"], ["-h"], ["-c", "3", "--help"]])
    func helpListsEveryOption(_ arguments: [String]) throws {
        guard case .help(let text) = try PingOptions.syntax.parse(arguments) else {
            Issue.record("no help")
            return
        }
        for option in PingOptions.syntax.options { #expect(text.contains(option.usage)) }
        #expect(text.hasSuffix("\n") && text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test func theHTTPCommandKeepsWhatWasSaid() throws {
        let options = try Self.ping(["--insecure", "wss://h:5/ws"])
        #expect(options.connection.httpCommand("ping") == "switchboard ping --http --insecure https://h:5")
    }
}
