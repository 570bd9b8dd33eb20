import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// What sessions promise, under load.
    @Suite struct SessionTests {
        /// A minute of 1,000 sessions whose sockets are cut every few seconds, at any byte: nothing is lost or doubled.
        @Test func cutSocketsLoseNothing() throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take())
            let run = try RunningProgram.run(
                "endurance",
                ["cut", "--port", "\(deployment.publicPort)", "--sessions", "1000", "--seconds", "60", "--rate", "1"],
                milliseconds: 150_000)
            let counts = JSONText.object(run.output)
            #expect(run.status == 0, "\(run)")
            for name in ["lost", "duplicated", "repeated", "gaps", "errors", "notrecovered", "begunanew"] {
                #expect(counts[name] as? Int == 0, "\(name): \(run.output)")
            }
            for (name, least) in [("answered", 40_000), ("cuts", 5000), ("recovered", 5000), ("sentagain", 500)] {
                #expect(counts[name] as? Int ?? 0 > least, "\(name): \(run.output)")
            }
            #expect(Polling.until { (try? deployment.metric(.web, "switchboard_sessions_attached")) == 0 })
            #expect(try deployment.metric(.web, "switchboard_events_pending") == 0)
        }

        /// A restart of one instance under 10,000 sessions: they come to the other one as evenly as they were asked to.
        @Test func aDrainMakesNoStampede() throws {
            let deployment = try Deployment.running(
                amqp: try VirtualHosts.take(), extra: [.web: ["--drain-seconds", "10"]])
            let ports = FreePorts.take(2)
            let second = try RunningProgram(
                "public-web",
                [
                    "--port", "\(ports[0])", "--internal-port", "\(ports[1])", "--dispatcher-url",
                    "http://127.0.0.1:\(deployment.internalPort(.dispatcher))",
                ])
            _ = try second.announcement()
            let clients = try RunningProgram(
                "endurance",
                [
                    "drain", "--port", "\(deployment.publicPort)", "--second-port", "\(ports[0])", "--sessions",
                    "10000", "--seconds", "10",
                ])
            #expect(Polling.until(milliseconds: 60_000) { clients.printed.contains("attached") || !clients.isRunning })
            #expect(try deployment.metric(.web, "switchboard_sessions_attached") == 10_000)
            #expect(try deployment.end(.web, SIGTERM) == 0)
            #expect(try clients.status(milliseconds: 60_000) == 0, "\(clients.printed)")
            second.signal(SIGTERM)
            #expect(try second.status() == 0)
        }
    }
}
