import Foundation
import TestSupport
import Testing

/// The program as it is run from a shell, against all tiers in one process.
@Suite(.serialized) struct CommandTests {
    let gateway: DevGateway

    init() throws { gateway = try DevGateway() }

    private static func objects(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test(arguments: [false, true])
    func pings(overHTTP: Bool) throws {
        let target = overHTTP ? ["--http", gateway.httpURL] : [gateway.webSocketURL]
        let run = try BuiltProgram.run(["ping", "-c", "3", "-i", "0.01", "--data", #"{"a":1}"#] + target)
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
        #expect(lines.count == 8, "\(run)")
        #expect(lines[0].hasPrefix("PING \(target[target.count - 1]) "))
        for number in 1...3 {
            let tiers = ["public-web", "dispatcher", "ping-listener", "dispatcher-return", "broker"]
            let pattern = try Regex(
                "^seq=\(number) id=[-0-9a-f]{36} time=[0-9]+\\.[0-9]{3} ms"
                    + tiers.map { " \($0)=[0-9]+\\.[0-9]{3}" }.joined() + "$")
            #expect(lines[number].contains(pattern), "\(lines[number])")
        }
        #expect(lines[5].hasPrefix("3 sent, 3 answered, 0 lost, 0% loss, time "))
        #expect(lines[6].hasPrefix("rtt min/avg/max/mdev = "))
        #expect(lines[7].hasPrefix("slowest traced: switchboard trace "))
    }

    @Test(arguments: [false, true])
    func pingsAsJSON(overHTTP: Bool) throws {
        let target = overHTTP ? ["--http", gateway.httpURL] : [gateway.webSocketURL]
        let run = try BuiltProgram.run(["ping", "--json", "-c", "2", "-i", "0", "-d", #"{"a":[1]}"#] + target)
        let objects = try Self.objects(run.output)
        #expect(run.status == 0)
        #expect(objects.map { $0["event"] as? String } == ["start", "answer", "answer", "summary"])
        let answer = try #require(objects[1]["answer"] as? [String: Any])
        let data = try #require(answer["data"] as? [String: Any])
        #expect(answer["type"] as? String == "PingResponse")
        #expect(answer["causationid"] as? String == objects[1]["id"] as? String)
        #expect(data["request"] as? [String: [Int]] == ["a": [1]])
        #expect(objects[3]["answered"] as? Int == 2 && objects[3]["lost"] as? Int == 0)
    }

    @Test(arguments: ["ping", "connect"])
    func offersHTTPWhereThereIsNoWebSocket(_ command: String) throws {
        let closed = try BuiltProgram.run([command, "ws://127.0.0.1:9/ws"])
        #expect(closed.status == 1 && closed.output.isEmpty)
        #expect(closed.errors.hasPrefix("switchboard: no WebSocket at ws://127.0.0.1:9/ws: "))
        #expect(closed.errors.contains("\nPlain HTTP may work: switchboard \(command) --http http://127.0.0.1:9\n"))
        let elsewhere = try BuiltProgram.run([command, gateway.webSocketURL + "/nothing"])
        #expect(elsewhere.status == 1)
        #expect(elsewhere.errors.contains("status 404"), "\(elsewhere.errors)")
    }

    @Test func aDeadHTTPServerIsToldPingByPing() throws {
        let run = try BuiltProgram.run(["ping", "-c", "2", "-i", "0", "--http", "http://127.0.0.1:9"])
        #expect(run.status == 1)
        #expect(run.output.contains("\nseq=2 id="))
        #expect(run.output.contains("no answer: Couldn't connect to server"), "\(run.output)")
        #expect(run.output.contains("2 sent, 0 answered, 2 lost, 100% loss"))
    }

    @Test(arguments: [
        (
            [],
            "switchboard: which command? ping, connect, bench, trace, dead-letters, dev, collect, help (switchboard --help tells more)\n"
        ),
        (["pign"], "switchboard: there is no command `pign`; did you mean `ping`? (switchboard --help tells more)\n"),
        (
            ["ping", "-c", "x"],
            "switchboard: ping: --count wants a whole number from 1 to 1000000000, not `x` (switchboard ping --help tells more)\n"
        ),
        (
            ["connect", "a", "b"],
            "switchboard: connect: `b` is one operand too many (switchboard connect --help tells more)\n"
        ),
    ])
    func wrongCommandLines(_ arguments: [String], _ errors: String) throws {
        let run = try BuiltProgram.run(arguments)
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(run.errors == errors)
    }

    @Test(arguments: [
        ["--help"], ["help"], ["ping", "--help"], ["help", "connect"], ["dev", "--help"], ["trace", "--help"],
        ["collect", "--help"], ["bench", "--help"], ["--version"],
    ])
    func helpIsOnStandardOutput(_ arguments: [String]) throws {
        let run = try BuiltProgram.run(arguments)
        #expect(
            run.status == 0 && run.errors.isEmpty && run.output.hasSuffix("\n") && run.output.contains("switchboard"))
    }

    @Test(arguments: [false, true])
    func takesCommandsFromAPipe(overHTTP: Bool) throws {
        let target = overHTTP ? ["--http", gateway.httpURL] : [gateway.webSocketURL]
        let input = "# three\nping 2\nsend PingRequest {\"a\": \"ä\"}\n"
        let run = try BuiltProgram.run(["connect"] + target, input: input)
        #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
        #expect(run.output.components(separatedBy: "PingResponse time=").count == 4)
        #expect(run.output.contains("\"request\":{\"a\": \"ä\"}"))
    }

    @Test func aPipeTellsWhatFailed() throws {
        let run = try BuiltProgram.run(["connect", gateway.webSocketURL], input: "pong\nsend Nobodys {}\nping")
        #expect(run.status == 1)
        #expect(run.errors == "switchboard: line 1: there is no command `pong`; did you mean `ping`?\n")
        #expect(run.output.contains("error 422 No route for this event type: No route for the type `Nobodys`."))
        #expect(run.output.contains("PingResponse time="))
    }

    @Test func moreThanMayWaitAtOnceIsSentAsAnswersCome() throws {
        let input = String(repeating: "ping 200\n", count: 10)
        let run = try BuiltProgram.run(["connect", "--json", gateway.webSocketURL], input: input)
        let objects = try Self.objects(run.output)
        #expect(run.status == 0)
        #expect(objects.filter { $0["event"] as? String == "answer" }.count == 2000)
    }

    @Test func aLostConnectionIsTheEndIfThatIsWanted() throws {
        let closing = try DevGateway()
        let process = Process()
        let stdout = Pipe()
        process.executableURL = URL(fileURLWithPath: BuiltProgram.path)
        process.arguments = ["ping", "--no-reconnect", "-i", "0.01", closing.webSocketURL]
        process.standardOutput = stdout
        try process.run()
        _ = try stdout.fileHandleForReading.read(upToCount: 200)
        closing.end()
        let output = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(output.contains("the gateway closed the connection with 1001"), "\(output.suffix(600))")
        #expect(output.contains("ping statistics ---"))
        #expect(process.terminationStatus == 1)
    }

    @Test func acrossADropEveryRequestIsAnsweredOnce() throws {
        for _ in 0..<5 {
            let run = try BuiltProgram.run(
                ["connect", "--json", gateway.webSocketURL], input: "ping 200\ndrop\nping 50\nstatus\n")
            let events = try Self.objects(run.output)
            let counts = Dictionary(grouping: events) { $0["event"] as? String ?? "" }.mapValues(\.count)
            #expect(
                counts == ["opened": 1, "sent": 250, "lost": 1, "resumed": 1, "answer": 250, "status": 1], "\(counts)")
            #expect(Set(events.filter { $0["event"] as? String == "answer" }.map { $0["id"] as? String }).count == 250)
            #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        }
    }

    @Test func noSessionLingersAfterItsClient() throws {
        let own = try DevGateway()
        #expect(try BuiltProgram.run(["ping", "-c", "2", "-i", "0", own.webSocketURL]).status == 0)
        #expect(try BuiltProgram.run(["connect", own.webSocketURL], input: "ping\ndrop\nping\nquit\n").status == 0)
        #expect(try Polling.until { try own.sessions().hasPrefix(#"{"sessions":[]"#) })
    }

    @Test func interruptedItPrintsItsStatistics() throws {
        let process = Process()
        let stdout = Pipe()
        process.executableURL = URL(fileURLWithPath: BuiltProgram.path)
        process.arguments = ["ping", "-i", "0.01", gateway.webSocketURL]
        process.standardOutput = stdout
        try process.run()
        let head = try stdout.fileHandleForReading.read(upToCount: 400)
        process.interrupt()
        let rest = stdout.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let output = String(decoding: (head ?? Data()) + rest, as: UTF8.self)
        #expect(process.terminationReason == .exit && process.terminationStatus == 0, "\(output)")
        #expect(output.contains(" 0% loss, time "))
    }
}
