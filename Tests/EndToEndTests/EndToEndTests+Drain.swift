import Glibc
import TestSupport
import Testing

extension EndToEndTests {
    /// An orderly end.
    @Suite struct DrainTests {
        /// First it says so, then it waits for the answers that are due, then it ends.
        @Test func publicWebIsUnreadyWhileAnswersAreDue() throws {
            let deployment = try Deployment.running(
                amqp: try VirtualHosts.take(), extra: [.web: ["--drain-seconds", "60"]])
            #expect(try deployment.end(.listener, SIGTERM) == 0)
            let event = try deployment.beginEvent(SampleEvent.ping("due", lifetimeSeconds: 60))
            #expect(Polling.until { (try? deployment.metric(.web, "switchboard_events_pending")) == 1 })
            #expect(try deployment.readiness(.web).status == 200)
            deployment.signal(.web, SIGTERM)
            #expect(deployment.awaitNoReadiness(.web))
            let readiness = try deployment.readiness(.web)
            #expect(readiness.verdict == "503 draining", "\(readiness)")
            #expect(!event.isAnswered && deployment.programs[.web]?.isRunning == true)
            try deployment.start(.listener)
            let answer = try event.answer()
            #expect(answer.status == 200 && answer.json["causationid"] as? String == "due", "\(answer)")
            #expect(try deployment.programs[.web]?.status() == 0)
            #expect(try deployment.end(.listener, SIGTERM) == 0)
            #expect(try deployment.end(.dispatcher, SIGTERM) == 0)
        }

        @Test func sessionsAreAskedToReconnect() throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take())
            let pinging = try Pinging(deployment.webSocketURL, interval: "0.02", ["--no-reconnect"])
            #expect(pinging.awaitAnswers(20))
            #expect(try deployment.end(.web, SIGTERM) == 0)
            let ledger = try pinging.end()
            #expect(
                ledger.closed?.contains("1001") == true && ledger.closed?.contains("reconnect in") == true, "\(ledger)")
            #expect(ledger.faults.isEmpty, "\(ledger)")
            #expect(Set(ledger.errors).isSubset(of: ["503 Shutting down", "- lost with the connection"]), "\(ledger)")
            try deployment.start(.web)
            try deployment.awaitReadiness()
            #expect(try Pinging.run(deployment.webSocketURL).answered == [1])
        }

        /// Also without a broker and without a dispatcher, and by SIGINT.
        @Test(arguments: [SIGTERM, SIGINT]) func everyTierEndsWithStatusZero(_ signal: Int32) throws {
            let relay = BrokerRelay(to: RawSocket.port(of: try VirtualHosts.node().amqp))
            let deployment = Deployment(amqp: try VirtualHosts.take(port: relay.port))
            for isBrokerThere in [false, true] {
                if isBrokerThere { try relay.open() }
                for tier in Deployment.Tier.allCases {
                    try deployment.start(tier)
                    if isBrokerThere, tier != .web { try deployment.awaitReadiness(tier) }
                    #expect(try deployment.end(tier, signal) == 0, "\(tier): \(deployment.logged(tier))")
                }
            }
            relay.close()
        }
    }
}
