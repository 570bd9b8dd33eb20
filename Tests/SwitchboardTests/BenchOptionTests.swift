import Testing

@testable import switchboard

@Suite struct BenchOptionTests {
    static func options(_ arguments: [String]) throws -> BenchOptions {
        guard case .arguments(let parsed) = try BenchOptions.syntax.parse(arguments) else { throw UsageError("help") }
        return try BenchOptions(parsed)
    }

    @Test func defaults() throws {
        let options = try Self.options([])
        #expect(options.scenario == .steady && options.sessions == 64 && options.rate == nil && options.inFlight == 1)
        #expect(options.durationMilliseconds == 10_000 && options.warmupMilliseconds == 1000)
        #expect(options.size == 200 && options.rampMilliseconds == 0 && options.thresholds.isEmpty)
        #expect(options.connection.url == "ws://127.0.0.1:8080/ws" && !options.connection.usesHTTP)
        #expect(options.slowestTraces == 0 && options.pids.isEmpty && options.compare == nil)
    }

    @Test func inTheOpenLoopASessionMayHaveAllInFlight() throws {
        #expect(try Self.options(["--rate", "50"]).inFlight == 1024)
        #expect(try Self.options(["--rate", "50", "--inflight", "3"]).inFlight == 3)
        #expect(try Self.options(["--rate", "50", "--http"]).inFlight == 1)
        #expect(try Self.options(["--scenario", "idle"]).warmupMilliseconds == 0)
    }

    @Test func thresholdsAreRepeated() throws {
        let options = try Self.options(["--threshold", "p99<20ms", "--threshold=errors<1", "wss://h"])
        #expect(options.thresholds.map(\.text) == ["p99<20ms", "errors<1"])
        #expect(options.connection.endpoint.isSecure)
    }

    @Test(arguments: [
        (["--sessions", "0"], "--sessions wants a whole number from 1 to 1000000, not `0`"),
        (["--rate", "0"], "--rate wants a number from 0.1 to 10000000, not `0`"),
        (["--rate", "nan"], "--rate wants a number from 0.1 to 10000000, not `nan`"),
        (["--inflight", "1025"], "--inflight wants a whole number from 1 to 1024, not `1025`"),
        (["--duration", "0"], "--duration wants seconds from 0.1 to 604800, not `0`"),
        (["--size", "70000"], "--size wants a whole number from 0 to 60000, not `70000`"),
        (
            ["--scenario", "storm"],
            "--scenario wants one of steady, ramp, burst, reconnect-storm, slow-consumers, idle, not `storm`"
        ),
        (["--scenario", "burst"], "--scenario burst wants a --rate to multiply"),
        (["--scenario", "idle", "-r", "1"], "--scenario idle sends nothing, so it has no --rate"),
        (["--scenario", "ramp", "--warmup", "1"], "--scenario ramp has no --warmup"),
        (
            ["--scenario", "ramp", "--ramp", "1"],
            "--scenario ramp rises over the whole --duration, so --ramp has no meaning with it"
        ),
        (
            ["--scenario", "slow-consumers", "-s", "1"],
            "--scenario slow-consumers wants at least 2 --sessions: slow ones and others"
        ),
        (
            ["--http", "--scenario", "reconnect-storm"],
            "--scenario reconnect-storm is about sessions, which --http has none of"
        ),
        (
            ["--http", "--inflight", "2"],
            "--http has one request in flight on each connection, so --inflight 2 can't be"
        ),
        (["--pids", "1,x"], "--pids wants up to 16 process ids, as 12,13,14, not `1,x`"),
        (["--pids", ""], "--pids wants up to 16 process ids, as 12,13,14, not ``"),
        (["--trace-slowest", "0"], "--trace-slowest wants a whole number from 1 to 1000, not `0`"),
        (["--rate", "1", "--rate", "2"], "--rate is there twice"),
    ])
    func refusals(_ arguments: [String], _ text: String) {
        #expect(throws: UsageError(text)) { try Self.options(arguments) }
    }

    @Test func helpListsEveryOptionAndScenario() throws {
        guard case .help(let text) = try BenchOptions.syntax.parse(["--help"]) else {
            Issue.record("no help")
            return
        }
        for option in BenchOptions.syntax.options { #expect(text.contains(option.usage)) }
        for scenario in BenchScenario.allCases { #expect(text.contains("\n  \(scenario.rawValue) ")) }
        for metric in BenchMetric.allCases { #expect(text.contains(metric.rawValue)) }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test func moreSessionsThanDescriptorsAreRefused() throws {
        try BenchCommand.checkDescriptors(1000, limit: 1032)
        #expect(
            throws: UsageError(
                "--sessions 1000 need as many open files, and this process may have 1031 (ulimit -Hn): "
                    + "take at most 999, or raise the limit")
        ) { try BenchCommand.checkDescriptors(1000, limit: 1031) }
    }
}
