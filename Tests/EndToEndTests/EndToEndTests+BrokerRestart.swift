import TestSupport
import Testing

extension EndToEndTests {
    /// The broker goes away and comes back, under load.
    @Suite struct BrokerRestartTests {
        /// Every ping of a session that lasts through it all ends in one answer or one error that says why; and what the
        /// clients are told in the meantime is what the protocol says.
        @Test func theBrokerMayRestartUnderLoad() throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take())
            let node = try VirtualHosts.node()
            let pinging = try Pinging(deployment.webSocketURL, interval: "0.02")
            #expect(pinging.awaitAnswers(50))
            // First the orderly end: RabbitMQ 3.10 forgets the members of a quorum queue when it is killed within seconds
            // of the declaration.
            for isKilled in [false, true] {
                if isKilled { try node.kill() } else { try node.stop() }
                defer { try? node.start() }
                #expect(deployment.awaitNoReadiness(.dispatcher) && deployment.awaitNoReadiness(.listener))
                let failures = pinging.ledger.failed.count
                let event = try deployment.beginEvent(SampleEvent.ping("away"))
                let answer = try event.answer()
                #expect(answer.verdict == "503 broker-unavailable", "\(answer)")
                #expect(answer.header("retry-after") == "1")
                #expect(pinging.wait { $0.failed.count >= failures + 10 }, "\(pinging.ledger)")
                try node.start()
                try deployment.awaitReadiness()
                let after = try Pinging.run(deployment.webSocketURL, count: 20)
                #expect(after.answered.count == 20, "\(after)")
                #expect(pinging.awaitAnswers(50), "\(pinging.ledger)")
                #expect(!pinging.hasEnded)
            }
            let ledger = try pinging.finish()
            #expect(ledger.faults.isEmpty && ledger.closed == nil, "\(ledger)")
            let told: Set = [
                "503 The message broker can't be reached", "503 The dispatcher can't be reached",
                "504 No answer before the deadline",
            ]
            #expect(
                Set(ledger.errors).isSubset(of: told)
                    && ledger.errors.contains("503 The message broker can't be reached"))
            #expect(try deployment.stop() == [0, 0, 0])
        }

        /// An interruption that is shorter than events wait for the broker costs none of them.
        @Test func aShortInterruptionIsNotSeen() throws {
            let relay = BrokerRelay(to: RawSocket.port(of: try VirtualHosts.node().amqp))
            try relay.open()
            let patience = ["--broker-wait", "30s"]
            let deployment = try Deployment.running(
                amqp: try VirtualHosts.take(port: relay.port), extra: [.dispatcher: patience])
            let pinging = try Pinging(deployment.webSocketURL, interval: "0.02")
            for _ in 1...3 {
                #expect(pinging.awaitAnswers(25))
                relay.close()
                #expect(deployment.awaitNoReadiness(.dispatcher) && deployment.awaitNoReadiness(.listener))
                try relay.open()
                try deployment.awaitReadiness()
            }
            #expect(pinging.awaitAnswers(50))
            let ledger = try pinging.finish()
            #expect(ledger.failed.isEmpty && ledger.faults.isEmpty, "\(ledger)\n\(deployment.logs)")
            #expect(try deployment.stop() == [0, 0, 0])
            relay.close()
        }
    }
}
