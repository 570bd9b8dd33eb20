import Broker
import Core
import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEndTests {
    /// What a service falls on, what expires, and what can be done with it.
    @Suite struct DeadLetterTests {
        private static let mark = "poison pill"
        private static let crashing: [Deployment.Tier: [String: String]] = [
            .listener: ["PING_LISTENER_CRASH_ON": mark]
        ]

        private func deployment(crashing: Bool = true) throws -> Deployment {
            let deployment = Deployment(amqp: try VirtualHosts.take())
            if crashing { deployment.environment = Self.crashing }
            for tier in Deployment.Tier.allCases { try deployment.start(tier) }
            try deployment.awaitReadiness()
            return deployment
        }

        private static func poison(_ id: String) -> String {
            SampleEvent.ping(id, lifetimeSeconds: 120, data: "\"\(mark)\"")
        }

        /// Starts the listener again whenever it has crashed, until the condition holds, which the last crash brings about:
        /// it is here by then, or still to be seen.
        private func restarting(_ deployment: Deployment, until isDone: () -> Bool) throws -> Int {
            var crashes = 0
            let end = Date(timeIntervalSinceNow: 100)
            while !isDone(), Date() < end {
                if !deployment.isRunning(.listener) {
                    crashes += 1
                    try deployment.start(.listener)
                }
                usleep(20_000)
            }
            if !deployment.isRunning(.listener) {
                crashes += 1
                try deployment.start(.listener)
            }
            return crashes
        }

        /// It travels in the middle of a batch, under load; nobody else is to suffer.
        @Test func aPoisonEventDiesAlone() throws {
            let deployment = try deployment()
            let pinging = try Pinging(deployment.webSocketURL, interval: "0.02", timeout: "100")
            let batches = (0..<4).map { batch in
                (0..<250).map { number in
                    batch == 1 && number == 100
                        ? Self.poison("poison") : SampleEvent.ping("\(batch)-\(number)", lifetimeSeconds: 120)
                }
            }
            let calls = try batches.map { events in
                try HTTPCall(
                    port: deployment.publicPort, "POST /events", headers: [SampleEvent.batch],
                    body: "[\(events.joined(separator: ","))]")
            }
            var waiting = calls.indices.map { $0 }
            let crashes = try restarting(deployment) {
                waiting.removeAll { calls[$0].isAnswered }
                return waiting.isEmpty
            }
            // As often as the limit says and once more, behind those that made it suspect.
            #expect((6...12).contains(crashes), "\(crashes) crashes")
            for (batch, call) in calls.enumerated() {
                let answer = try call.answer()
                let events = JSONText.array(answer.body)
                #expect(answer.status == 200 && events.count == 250, "\(answer.status)\n\(deployment.logs)")
                for (number, event) in events.enumerated() {
                    if batch == 1, number == 100 {
                        let data = event["data"] as? [String: Any]
                        #expect(
                            event["type"] as? String == "switchboard.error"
                                && event["causationid"] as? String == "poison")
                        #expect(data?["status"] as? Int == 502, "\(event)")
                        #expect((data?["type"] as? String)?.hasSuffix(":listener-failed") == true)
                    } else {
                        #expect(event["causationid"] as? String == "\(batch)-\(number)", "\(event)")
                        #expect(event["type"] as? String == "PingResponse", "\(event)")
                    }
                }
            }
            try deployment.awaitReadiness()
            #expect(pinging.awaitAnswers(10))
            let ledger = try pinging.finish()
            #expect(ledger.failed.isEmpty && ledger.faults.isEmpty, "\(ledger)\n\(deployment.logs)")
            let letters = try DeadLetterCalls(deployment.amqp).list()
            #expect(letters.count == 1, "\(letters)")
            #expect(
                letters.first?["id"] as? String == "poison" && letters.first?["reason"] as? String == "delivery_limit")
            #expect(try deployment.metric(.dispatcher, "switchboard_events_dead_lettered_total") == 1)
            #expect(try deployment.stop() == [0, 0, 0])
        }

        @Test func itIsListedShownAndReplayed() throws {
            let deployment = try deployment()
            let letters = DeadLetterCalls(deployment.amqp)
            #expect(try letters.list().isEmpty)
            let call = try deployment.beginEvent(Self.poison("p1"))
            let crashes = try restarting(deployment) { call.isAnswered }
            #expect(crashes == 6)
            let answer = try call.answer()
            #expect(answer.verdict == "502 listener-failed", "\(answer)")
            #expect((answer.json["detail"] as? String)?.contains("ping-listener") == true)
            #expect(try letters.ids() == ["p1"])
            let table = try letters.run("list")
            #expect(table.status == 0 && table.output.contains("delivery_limit") && table.errors == "1 dead letter\n")
            let shown = try letters.run("show", "p1")
            for word in ["delivery_limit", "ping-listener", "switchboard.events", "PingRequest", Self.mark] {
                #expect(shown.status == 0 && shown.output.contains(word), "\(word): \(shown)")
            }
            let json = JSONText.object(try letters.run("show", "p1", "--json").output)
            #expect((json["event"] as? [String: Any])?["data"] as? String == Self.mark)
            #expect(try letters.list("--type", "PingRequest", "--reason", "delivery_limit").count == 1)
            #expect(try letters.list("--type", "Other").isEmpty && letters.list("--reason", "expired").isEmpty)
            // Looking does not use it up.
            for _ in 0..<12 { #expect(try letters.ids() == ["p1"]) }
            // Cured.
            deployment.environment = [:]
            _ = try deployment.end(.listener, SIGTERM)
            try deployment.start(.listener)
            try deployment.awaitReadiness()
            let replayed = try letters.run("replay", "p1")
            #expect(replayed.status == 0 && replayed.output == "1 dead letter replayed\n", "\(replayed)")
            let handled = "switchboard_listener_events_total"
            #expect(Polling.until { (try? deployment.metric(.listener, handled)) == 1 })
            #expect(try letters.list().isEmpty)
            #expect(try deployment.stop() == [0, 0, 0])
        }

        /// Three that expired together in one message.
        @Test func eachOfABatchIsListedReplayedAndDropped() throws {
            let deployment = try deployment(crashing: false)
            let letters = DeadLetterCalls(deployment.amqp)
            _ = try deployment.end(.listener, SIGTERM)
            let events = (1...3).map { SampleEvent.ping("b\($0)", lifetimeSeconds: 1) }
            let answer = try HTTPCall.post(
                port: deployment.publicPort, "/events", headers: [SampleEvent.batch],
                "[\(events.joined(separator: ","))]")
            #expect(answer.status == 200 && answer.body.contains("deadline-passed"))
            try letters.await(3)
            #expect(try letters.list("--reason", "expired").count == 3)
            try deployment.start(.listener)
            try deployment.awaitReadiness()
            #expect(try letters.run("replay", "b2", "nonsense").status == 1)
            let handled = "switchboard_listener_events_total"
            #expect(Polling.until { (try? deployment.metric(.listener, handled)) == 1 })
            #expect(try letters.ids() == ["b1", "b3"])
            #expect(try letters.list().allSatisfy { $0["reason"] as? String == "expired" })
            let unasked = try letters.run("drop", "b1")
            #expect(unasked.status == 2 && unasked.errors.contains("--yes"), "\(unasked)")
            #expect(try letters.run("drop", "b1", "--yes").output == "1 dead letter dropped\n")
            #expect(try letters.ids() == ["b3"])
            #expect(try letters.run("drop", "--all", "--type", "Other", "--yes").output == "0 dead letters dropped\n")
            #expect(try letters.run("replay", "--all").output == "1 dead letter replayed\n")
            #expect(Polling.until { (try? deployment.metric(.listener, handled)) == 2 })
            #expect(try letters.list().isEmpty)
            #expect(try deployment.stop() == [0, 0, 0])
        }

        @Test func whatIsWrongIsSaid() throws {
            let amqp = try VirtualHosts.take()
            let letters = DeadLetterCalls(amqp)
            let nowhere = try letters.run("list", "--amqp", "amqp://127.0.0.1:1/")
            #expect(nowhere.status == 1 && nowhere.errors.contains("can't connect to the broker"), "\(nowhere)")
            let missing = try letters.run("list")
            #expect(missing.status == 1 && missing.errors.contains("has no queue"), "\(missing)")
            let malformed = try letters.run("list", "--amqp", "http://localhost/")
            #expect(malformed.status == 1 && malformed.errors.contains("not amqp"), "\(malformed)")
            for wrong in [["shwo"], ["show"], ["replay"], ["drop", "1", "--all"], ["list", "1"], ["list", "--yes"]] {
                let result = try RunningProgram.run("switchboard", ["dead-letters"] + wrong)
                #expect(result.status == 2 && result.errors.contains("dead-letters --help"), "\(wrong): \(result)")
            }
            let help = try letters.run("--help")
            for word in ["list", "show", "replay", "drop", "--amqp", "--json", "--yes", "SWITCHBOARD_AMQP_URL"] {
                #expect(help.status == 0 && help.output.contains(word))
            }
        }

        /// Anybody may write to the queue's exchange: here a routing key that can't be one.
        @Test func whatCanNotBeReplayedIsKept() throws {
            let amqp = try VirtualHosts.take()
            let broker = try AMQPBroker(
                configuration: AMQPConfiguration(url: amqp, connectionName: "test"),
                topology: StandardTopology.service(queue: "service", bindings: ["PingRequest"]))
            broker.start()
            defer { broker.stop(drainMilliseconds: 0) }
            let death = DeathRecord(
                reason: "expired", queue: "service", exchange: StandardTopology.eventsExchange,
                routingKey: String(repeating: "k", count: 256), timeSeconds: 1)
            let outcome = Mutex<PublishOutcome?>(nil)
            let route = BrokerRoute(
                exchange: StandardTopology.deadLetterExchange, routingKey: StandardTopology.expiredRoutingKey)
            let isTaken = broker.publish(
                PublishGroup(
                    route: route, event: Array(SampleEvent.ping("odd", lifetimeSeconds: 60).utf8),
                    metadata: EventMetadata(death: death),
                    deadline: SystemClock.monotonic().advanced(byMilliseconds: 10_000))
            ) { result in outcome.withLock { $0 = result } }
            #expect(isTaken && Polling.until { outcome.withLock { $0 } == .confirmed })
            let letters = DeadLetterCalls(amqp)
            let result = try letters.run("replay", "--all")
            #expect(result.status == 1 && result.errors.contains("odd can't be replayed: its exchange or"), "\(result)")
            #expect(try letters.ids() == ["odd"])
        }

        /// Nobody waits any more for what it had sent, and what the broker had confirmed can be found.
        @Test func whatAKilledPublicWebHadSentIsFoundByItsID() throws {
            let deployment = try deployment(crashing: false)
            let letters = DeadLetterCalls(deployment.amqp)
            _ = try deployment.end(.listener, SIGTERM)
            let ids = (1...20).map { "lost-\($0)" }
            let calls = try ids.map { try deployment.beginEvent(SampleEvent.ping($0, lifetimeSeconds: 4)) }
            let published = "switchboard_events_published_total"
            #expect(Polling.until { (try? deployment.metric(.dispatcher, published)) == ids.count })
            #expect(try deployment.end(.web, SIGKILL) == -SIGKILL)
            for call in calls { #expect(throws: RawSocket.Failure.self) { try call.answer() } }
            try letters.await(ids.count)
            for id in [ids[0], ids[19]] {
                let shown = try letters.run("show", id)
                #expect(shown.status == 0 && shown.output.contains("expired"), "\(shown)")
            }
            #expect(Set(try letters.ids()) == Set(ids))
        }
    }
}
