import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// `switchboard bench` against all tiers. No figure is expected to be of a size: this machine's are its own.
    @Suite struct BenchTests {
        private let deployment: Deployment

        init() throws { deployment = try Deployment.running(amqp: try VirtualHosts.take()) }

        private struct Result: CustomStringConvertible {
            let status: Int32
            let json: [String: Any]
            let errors: String
            var description: String { "status \(status)\n\(json)\n\(errors)" }

            func count(_ name: String) -> Int { (json["counts"] as? [String: Any])?[name] as? Int ?? -1 }
            func metric(_ name: String) -> Double { (json["metrics"] as? [String: Any])?[name] as? Double ?? -1 }
            var sections: [[String: Any]] { json["sections"] as? [[String: Any]] ?? [] }
            /// Everything that was sent was answered, once.
            var isClean: Bool {
                let wrong = ["errors", "lost", "unsent", "duplicates", "unknown", "failed"]
                return status == 0 && count("sent") > 0 && count("answered") == count("sent")
                    && wrong.allSatisfy { count($0) == 0 }
            }
        }

        private func lingering() throws -> Int {
            try deployment.metric(.web, "switchboard_sessions_attached")
                + (try deployment.metric(.web, "switchboard_sessions_detached"))
        }

        private func bench(_ arguments: [String], url: String? = nil) throws -> Result {
            let run = try RunningProgram.run(
                "switchboard", ["bench", "--json"] + arguments + [url ?? deployment.webSocketURL])
            return Result(status: run.status, json: JSONText.object(run.output), errors: run.errors)
        }

        @Test(arguments: [
            ["-n", "3"], ["--rate", "300"], ["--http"], ["--http", "--rate", "200"],
            ["--scenario", "ramp", "--rate", "400"], ["--scenario", "burst", "--rate", "50", "-t", "2.5"],
            ["--size", "20000"], ["--ramp", "0.5"],
        ])
        func everyPingIsAnsweredAndCountedByTheTiers(_ arguments: [String]) throws {
            let timed = arguments.contains("-t") ? [] : ["-t", "1.5"]
            let warmup = arguments.contains("ramp") ? [] : ["--warmup", "0.2"]
            let result = try bench(["-s", "8"] + timed + warmup + arguments)
            #expect(result.isClean && result.metric("rate") > 0, "\(result)")
            #expect(result.metric("p50") > 0 && result.metric("p50") <= result.metric("p99.9"), "\(result)")
            #expect(result.metric("p99.9") <= result.metric("max"))
            let received = try deployment.metric(.listener, "switchboard_listener_events_total")
            #expect(received == result.count("sent"), "\(result)")
            // No session lingers.
            #expect(Polling.until { (try? lingering()) == 0 })
        }

        @Test func aRampHasARowForEachStep() throws {
            let result = try bench(["--scenario", "ramp", "-s", "6", "-t", "2"])
            #expect(result.isClean && result.count("opened") == 6, "\(result)")
            let sessions = result.sections.map { $0["sessions"] as? Int ?? -1 }
            #expect(sessions.count == 4 && sessions == sessions.sorted() && sessions.last == 6, "\(sessions)")
        }

        @Test func afterAStormAllComeBackAndNothingIsLost() throws {
            let result = try bench(["--scenario", "reconnect-storm", "-s", "20", "-n", "4", "-t", "2", "--warmup", "0"])
            #expect(result.isClean && result.count("resumed") == 20, "\(result)")
            let recovery = try #require(result.json["recovery"] as? [String: Any])
            #expect(recovery["cut"] as? Int == 20 && recovery["back"] as? Int == 20, "\(recovery)")
        }

        @Test func slowConsumersAreReportedApart() throws {
            let result = try bench(
                ["--scenario", "slow-consumers", "-s", "10", "--rate", "200", "-t", "2", "--warmup", "0"])
            #expect(result.isClean, "\(result)")
            let answered = result.sections.map { $0["answered"] as? Int ?? -1 }
            #expect(answered.count == 2 && answered[0] == 4 * answered[1], "\(answered)")
            // They do not read for half a second.
            #expect((result.sections.last?["max"] as? Double ?? 0) > 300, "\(result)")
        }

        @Test func idleSessionsAreHeldAndMeasured() throws {
            let pid = try #require(deployment.programs[.web]?.pid)
            let result = try bench(["--scenario", "idle", "-s", "300", "-t", "1.5", "--pids", "\(pid)"])
            #expect(result.status == 0 && result.count("opened") == 300 && result.count("sent") == 0, "\(result)")
            #expect(result.metric("connects") > 0)
            let process = try #require((result.json["processes"] as? [[String: Any]])?.first)
            #expect(process["pid"] as? Int == Int(pid) && (process["anonymouskib"] as? Int ?? 0) > 1000, "\(process)")
        }

        /// What it was asked before is lost with it, and those who come back find their sessions gone.
        @Test func aGatewayThatIsKilledLosesWhatItHeld() throws {
            #expect(try deployment.end(.listener, SIGTERM) == 0)
            let program = try RunningProgram(
                "switchboard",
                [
                    "bench", "--json", "-s", "5", "-n", "2", "-t", "6", "--warmup", "0", "-W", "3",
                    deployment.webSocketURL,
                ])
            #expect(Polling.until { (try? deployment.metric(.web, "switchboard_events_pending")) == 10 })
            #expect(try deployment.end(.web, SIGKILL) == -SIGKILL)
            try deployment.start(.web)
            try deployment.start(.listener)
            #expect(try program.status() == 1)
            let result = Result(status: 1, json: JSONText.object(program.printed), errors: program.logged)
            #expect(result.count("lost") == 10 && result.count("renewed") == 5, "\(result)")
            #expect(
                result.count("answered") + result.count("errors") == result.count("sent") - 10
                    && result.count("duplicates") == 0)
            #expect(result.errors.contains("switchboard: 10 lost: no answer came\n"))
        }

        @Test func aGatewayThatDoesNotComeBackEndsTheRun() throws {
            let program = try RunningProgram(
                "switchboard",
                ["bench", "-s", "5", "--rate", "100", "-t", "2", "--warmup", "0", "-W", "1", deployment.webSocketURL])
            #expect(
                Polling.until { ((try? deployment.metric(.listener, "switchboard_listener_events_total")) ?? 0) > 20 })
            #expect(try deployment.end(.web, SIGKILL) == -SIGKILL)
            #expect(try program.status() == 1)
            #expect(
                program.logged.contains(" unsent: they were due and could not be sent in time\n"), "\(program.logged)")
            #expect(program.logged.contains("switchboard: 5 sessions lost their connection and did not come back\n"))
            #expect(program.printed.contains("connect: Connection refused"), "\(program.printed)")
        }

        @Test func nobodyThereIsTold() throws {
            let port = FreePorts.take(1)[0]
            let run = try RunningProgram.run(
                "switchboard", ["bench", "-s", "2", "-t", "1", "ws://127.0.0.1:\(port)/ws"])
            #expect(run.status == 1 && run.output.contains("2  connect: Connection refused"), "\(run)")
            #expect(run.errors.contains("switchboard: 2 sessions could not be opened\n"), "\(run.errors)")
        }

        @Test func limitsAndEarlierRunsDecideTheStatus() throws {
            let folder = try TemporaryFolder()
            let arguments = ["bench", "-s", "2", "-t", "1", "--warmup", "0"]
            let first = try RunningProgram.run(
                "switchboard", arguments + ["--json", "--threshold", "p99>0us", deployment.webSocketURL])
            #expect(first.status == 0, "\(first.errors)")
            let file = try folder.write("before.json", first.output)
            let second = try RunningProgram.run(
                "switchboard",
                arguments + [
                    "--compare", file, "--threshold", "p99<1us", "--threshold", "lost<1", deployment.webSocketURL,
                ])
            #expect(second.status == 1)
            #expect(second.output.contains("compared with the earlier run\n"), "\(second.output)")
            #expect(second.errors.contains("switchboard: threshold p99<1us broken: p99 is "), "\(second.errors)")
            #expect(!second.errors.contains("lost<1"))
            let malformed = try RunningProgram.run("switchboard", arguments + ["--threshold", "p99"])
            #expect(malformed.status == 2 && malformed.output.isEmpty)
        }

        /// None is exported here, so those are traced that ask for it.
        @Test func theSlowestTracesAreNamed() throws {
            let result = try bench(["-s", "4", "-t", "1.5", "--warmup", "0", "--trace-slowest", "3"])
            #expect(result.isClean, "\(result)")
            let slowest = (result.json["slowest"] as? [[String: Any]])?.compactMap { $0["traceid"] as? String } ?? []
            #expect(Set(slowest).count == 3 && slowest.allSatisfy { $0.count == 32 }, "\(result)")
        }

        @Test func interruptedItReportsWhatItHas() throws {
            let program = try RunningProgram(
                "switchboard", ["bench", "--json", "-s", "3", "-t", "60", "--warmup", "0", deployment.webSocketURL])
            #expect(
                Polling.until { ((try? deployment.metric(.listener, "switchboard_listener_events_total")) ?? 0) > 20 })
            program.signal(SIGINT)
            #expect(try program.status() == 0)
            let result = Result(status: 0, json: JSONText.object(program.printed), errors: program.logged)
            #expect(result.isClean, "\(result)")
        }
    }

    /// The same over TLS.
    @Suite struct BenchTLSTests {
        @Test(arguments: [[], ["--http"]])
        func overTLS(_ arguments: [String]) throws {
            let server = try ServerCertificate()
            let deployment = try Deployment.running(
                amqp: try VirtualHosts.take(),
                extra: [.web: ["--tls-cert", server.certificate, "--tls-key", server.key]])
            let url = "wss://localhost:\(deployment.publicPort)/ws"
            let load = ["bench", "-s", "8", "-t", "1", "--warmup", "0"] + arguments
            for trust in [["--ca", server.certificate], ["--insecure"]] {
                let run = try RunningProgram.run("switchboard", load + trust + [url])
                #expect(run.status == 0, "\(run)")
            }
            let distrusting = try RunningProgram.run("switchboard", load + [url])
            #expect(
                distrusting.status == 1 && distrusting.output.contains("TLS: certificate verify failed"),
                "\(distrusting)")
        }
    }
}
