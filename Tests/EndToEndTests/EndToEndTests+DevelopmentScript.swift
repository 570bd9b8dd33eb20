import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// `deploy/dev`, which starts all of it.
    @Suite struct DevelopmentScriptTests {
        @Test(arguments: [[], ["--rabbitmq"]]) func onceShowsTwoPings(_ broker: [String]) throws {
            let script = try DevelopmentScript(broker + ["--once", "--ports", "auto"])
            #expect(try script.program.status(milliseconds: 90_000) == 0, "\(script.program.logged)")
            let printed = script.program.printed
            #expect(printed.components(separatedBy: "1 sent, 1 answered, 0 lost").count == 3, "\(printed)")
            #expect(printed.contains("PING ws://") && printed.contains("PING http://"), "\(printed)")
            for line in [
                "switchboard: PingRequest", "└ public-web: receive PingRequest",
                "└ ping-listener: process switchboard.events:PingRequest:ping-listener",
                "└ public-web: push PingResponse",
            ] { #expect(printed.contains(line), "\(line) is not in \(printed)") }
            #expect(!printed.contains("missing"), "\(printed)")
            #expect(script.hasLeftNothing(), "\(script.leftovers)")
        }

        @Test(arguments: [SIGTERM, SIGINT]) func inOneProcess(_ signal: Int32) throws {
            let script = try DevelopmentScript(["--serve", "--ports", "auto"])
            let summary = try script.summary()
            #expect(summary.amqp == nil)
            #expect(Set(summary.pids.values).count == 1 && summary.pids["rabbitmq"] != .some(nil))
            try checkServes(script, summary)
            script.program.signal(signal)
            try checkEnds(script)
        }

        @Test func onANodeOfItsOwn() throws {
            let script = try DevelopmentScript(["--rabbitmq", "--serve", "--ports", "auto"])
            let summary = try script.summary()
            #expect(summary.amqp?.hasPrefix("amqp://guest:guest@127.0.0.1:") == true)
            #expect(Set(summary.pids.values.compactMap { $0 }).count == 4)
            try checkServes(script, summary)
            script.program.signal(SIGTERM)
            try checkEnds(script)
        }

        /// Which is left as it is; arguments behind `--` go to the programs that know them.
        @Test func onABrokerThatIsThere() throws {
            let amqp = try VirtualHosts.take()
            let script = try DevelopmentScript([
                "--amqp", amqp, "--serve", "--ports", "auto", "--", "--deadline", "7s", "--prefetch", "10",
            ])
            let summary = try script.summary()
            #expect(summary.amqp == amqp && summary.pids["rabbitmq"] == .some(nil))
            #expect(summary.telemetry?.hasPrefix("http://127.0.0.1:") == true)
            #expect(Set(summary.pids.values.compactMap { $0 }).count == 3)
            try checkServes(script, summary)
            let others = ["dispatcher", "ping-listener"].compactMap { summary.pids[$0] ?? nil }.map(commandLine)
            #expect(others.allSatisfy { $0.contains("--prefetch 10") && !$0.contains("--deadline") }, "\(others)")
            #expect((summary.pids["public-web"] ?? nil).map(commandLine)?.contains("--deadline 7s") == true)
            #expect(!(others.joined().contains("guest")), "the broker's password shows")
            script.program.signal(SIGTERM)
            try checkEnds(script)
            #expect(try RawSocket(port: RawSocket.port(of: VirtualHosts.node().amqp)).text.isEmpty)
        }

        private func commandLine(_ pid: Int32) -> String {
            let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        }

        private func checkServes(_ script: DevelopmentScript, _ summary: DevelopmentScript.Summary) throws {
            #expect(script.program.printed.split(separator: "\n").count == 1, "\(script.program.printed)")
            for (name, url) in summary.internals {
                let readiness = try HTTPCall.get(port: RawSocket.port(of: url), "/readyz")
                #expect(readiness.status == 200, "\(name): \(readiness)")
            }
            let running = script.processes.running
            for (name, pid) in summary.pids {
                if let pid { #expect(running[pid] != nil, "\(name), process \(pid), is not among \(running)") }
            }
            #expect(try Pinging.run(summary.websocket).answered == [1])
            #expect(try HTTPCall.post(port: RawSocket.port(of: summary.http), "/ping").status == 200)
        }

        private func checkEnds(_ script: DevelopmentScript) throws {
            #expect(try script.program.status() == 0, "\(script.program.logged)")
            #expect(script.program.printed.split(separator: "\n").count == 1, "\(script.program.printed)")
            #expect(script.hasLeftNothing(), "\(script.leftovers)")
        }

        @Test func killedItLeavesNothingEither() throws {
            let script = try DevelopmentScript(["--serve", "--ports", "auto"])
            _ = try script.summary()
            script.program.signal(SIGKILL)
            #expect(try script.program.status() == -SIGKILL)
            #expect(script.hasLeftNothing(), "\(script.leftovers)")
        }

        /// The end of a part is the end of all, and no orderly one.
        @Test func aPartThatEndsIsTold() throws {
            let script = try DevelopmentScript([
                "--amqp", try VirtualHosts.take(), "--serve", "--ports", "auto",
            ])
            let listener = try #require(try script.summary().pids["ping-listener"] ?? nil)
            kill(listener, SIGKILL)
            #expect(try script.program.status() == 1)
            #expect(script.program.logged.contains("ping-listener has ended by itself"), "\(script.program.logged)")
            #expect(script.hasLeftNothing(), "\(script.leftovers)")
        }

        @Test(arguments: [
            ["--nonsense"], ["nonsense"], ["--once", "--serve"], ["--amqp", "http://127.0.0.1/"], ["--amqp"],
            ["--port", "0"], ["--port", "65536"], ["--port", "http"], ["--ports", "some"], ["--listener-port=-1"],
            ["--telemetry", "0"], ["--telemetry", "65536"], ["--telemetry", "some"],
            ["--rabbitmq", "--serve", "--amqp"],
        ])
        func wrongArgumentsAreToldInOneLine(_ arguments: [String]) throws {
            let result = try RunningProgram.run(
                DevelopmentScript.path, arguments, environment: ["SWITCHBOARD_BIN_PATH": ProgramFolder.path])
            #expect(result.status == 2 && result.output.isEmpty, "\(result)")
            #expect(
                result.errors.split(separator: "\n").count == 1 && result.errors.contains("--help"), "\(result.errors)")
        }

        @Test func aPortThatIsTakenIsToldInOneLine() throws {
            let holder = try DevelopmentScript(["--serve", "--ports", "auto"])
            let port = RawSocket.port(of: try holder.summary().http)
            let free = FreePorts.take(3)
            let ports = [
                "--port", "\(port)", "--internal-port", "\(free[0])", "--dispatcher-port", "\(free[1])",
                "--listener-port", "\(free[2])",
            ]
            let script = try DevelopmentScript(["--serve"] + ports)
            #expect(try script.program.status() == 1)
            let errors = script.program.logged
            #expect(errors.split(separator: "\n").count == 1 && errors.contains("port \(port) is in use"), "\(errors)")
            #expect(script.program.printed.isEmpty && script.hasLeftNothing())
            let program = try RunningProgram.run("dispatcher", ["--port", "\(port)"])
            #expect(program.status == 1 && program.output.isEmpty)
            #expect(
                program.errors.split(separator: "\n").count == 1 && program.errors.contains("\(port)"), "\(program)")
        }
    }
}
