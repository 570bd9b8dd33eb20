import Glibc
import TestSupport
import Testing

extension EndToEndTests {
    /// A tier goes away and comes back.
    @Suite struct TierRestartTests {
        private static let shortWaits: [Deployment.Tier: [String]] = [.web: ["--dispatcher-wait", "1s"]]

        @Test(arguments: Deployment.Tier.allCases)
        func afterACrashTheNextPingIsAnswered(_ tier: Deployment.Tier) throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take())
            for _ in 1...3 {
                #expect(try deployment.end(tier, SIGKILL) == -SIGKILL)
                try deployment.start(tier)
                try deployment.awaitReadiness()
                let ledger = try Pinging.run(deployment.webSocketURL)
                #expect(ledger.answered == [1], "\(ledger)\n\(deployment.logs)")
            }
            #expect(try deployment.stop() == [0, 0, 0])
        }

        /// What waits for it goes through when it is back.
        @Test(arguments: [Deployment.Tier.dispatcher, .listener], [SIGTERM, SIGKILL])
        func restartsBehindASessionLoseNoPing(_ tier: Deployment.Tier, _ signal: Int32) throws {
            let deployment = try Deployment.running(
                amqp: try VirtualHosts.take(), extra: [.web: ["--dispatcher-wait", "30s"]])
            let pinging = try Pinging(deployment.webSocketURL, interval: "0.01")
            for _ in 1...3 {
                #expect(pinging.awaitAnswers(50))
                #expect(try deployment.end(tier, signal) == (signal == SIGTERM ? 0 : -signal))
                try deployment.start(tier)
                try deployment.awaitReadiness()
            }
            #expect(pinging.awaitAnswers(50))
            let ledger = try pinging.finish()
            #expect(ledger.failed.isEmpty && ledger.faults.isEmpty, "\(ledger)\n\(deployment.logs)")
        }

        /// Its sessions are gone with it: what was under way is told as lost, and the client goes on with a new one.
        @Test(arguments: [SIGTERM, SIGKILL])
        func clientsComeBackToAPublicWebThatRestarts(_ signal: Int32) throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take())
            let pinging = try Pinging(deployment.webSocketURL, interval: "0.02")
            for _ in 1...2 {
                #expect(pinging.awaitAnswers(20))
                #expect(try deployment.end(.web, signal) == (signal == SIGTERM ? 0 : -signal))
                try deployment.start(.web)
                try deployment.awaitReadiness()
            }
            #expect(pinging.wait { $0.renewed.count == 2 }, "\(pinging.ledger)")
            #expect(pinging.awaitAnswers(20))
            let ledger = try pinging.finish()
            #expect(ledger.faults.isEmpty && ledger.closed == nil, "\(ledger)")
            #expect(Set(ledger.errors).isSubset(of: ["503 Shutting down", "- lost with the session"]), "\(ledger)")
            // A new session of the same name.
            #expect(Set(ledger.renewed + [ledger.session]).count == 1)
        }

        /// Its clients are told by their connections; the answer to what was asked before goes to the dead letters.
        @Test func aCrashOfPublicWebEndsItsSessions() throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take())
            let pinging = try Pinging(deployment.webSocketURL, interval: "0.02", ["--no-reconnect"])
            #expect(try deployment.end(.listener, SIGTERM) == 0)
            let waiting = try deployment.beginEvent(SampleEvent.ping("late"))
            // What was published before has been answered before.
            let published = "switchboard_events_published_total"
            let before = try deployment.metric(.dispatcher, published)
            #expect(Polling.until { (try? deployment.metric(.dispatcher, published)) ?? 0 > before })
            #expect(try deployment.end(.web, SIGKILL) == -SIGKILL)
            #expect(throws: RawSocket.Failure.self) { try waiting.answer() }
            let ledger = try pinging.end()
            #expect(ledger.closed != nil && ledger.faults.isEmpty, "\(ledger)")
            try deployment.start(.web)
            try deployment.start(.listener)
            try deployment.awaitReadiness()
            #expect(try Pinging.run(deployment.webSocketURL).answered == [1])
            let dead = "switchboard_answers_dead_lettered_total"
            #expect(Polling.until { (try? deployment.metric(.dispatcher, dead)) ?? 0 > 0 })
            let shown = try DeadLetterCalls(deployment.amqp).run("show", "late")
            #expect(shown.status == 0 && shown.output.contains("instance-gone"), "\(shown)")
        }

        @Test func withoutTheListenerAnEventWaitsForIt() throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take())
            #expect(try deployment.end(.listener, SIGTERM) == 0)
            let late = try deployment.postEvent(SampleEvent.ping("1", lifetimeSeconds: 0.5))
            #expect(late.verdict == "504 deadline-passed", "\(late)")
            let event = try deployment.beginEvent(SampleEvent.ping("2", lifetimeSeconds: 60))
            #expect(Polling.until { (try? deployment.metric(.dispatcher, "switchboard_events_published_total")) == 2 })
            #expect(!event.isAnswered)
            try deployment.start(.listener)
            let answer = try event.answer()
            #expect(answer.status == 200 && answer.json["causationid"] as? String == "2", "\(answer)")
            #expect(try deployment.metric(.listener, "switchboard_listener_events_total") == 1)
        }

        @Test func withoutAQueueThereIsNoListener() throws {
            let folder = try TemporaryFolder()
            let routes = try folder.write("routes.json", #"{"routes":[{"type":"PingRequest"},{"type":"EchoRequest"}]}"#)
            let deployment = Deployment(amqp: try VirtualHosts.take(), extra: [.dispatcher: ["--routes", routes]])
            try deployment.start(.dispatcher)
            try deployment.start(.web)
            for tier in [Deployment.Tier.dispatcher, .web] { try deployment.awaitReadiness(tier) }
            let early = try deployment.postEvent(SampleEvent.ping("1"))
            #expect(early.verdict == "503 no-listener", "\(early)")
            let session = try Pinging.run(deployment.webSocketURL)
            #expect(session.errors == ["503 No service listens for this event type"], "\(session)")
            try deployment.start(.listener)
            try deployment.awaitReadiness()
            #expect(try deployment.postEvent(SampleEvent.ping("2")).status == 200)
            let other = try deployment.postEvent(SampleEvent.ping("3", type: "EchoRequest"))
            #expect(other.verdict == "503 no-listener", "\(other)")
            let unknown = try deployment.postEvent(SampleEvent.ping("4", type: "Unrouted"))
            #expect(unknown.verdict == "422 unroutable-type", "\(unknown)")
        }

        @Test func withoutTheDispatcherAnEventWaitsForItAndIsRefused() throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take(), extra: Self.shortWaits)
            #expect(try deployment.end(.dispatcher, SIGKILL) == -SIGKILL)
            let answer = try HTTPCall.post(port: deployment.publicPort, "/ping")
            #expect(answer.verdict == "503 dispatcher-unavailable", "\(answer)")
            #expect(answer.header("retry-after") == "1")
            let session = try Pinging.run(deployment.webSocketURL)
            #expect(session.errors == ["503 The dispatcher can't be reached"], "\(session)")
            #expect(deployment.awaitNoReadiness(.web))
            // With more patience.
            #expect(try deployment.end(.web, SIGTERM) == 0)
            deployment.extra = [.web: ["--dispatcher-wait", "60s"]]
            try deployment.start(.web)
            let event = try deployment.beginEvent(SampleEvent.ping("1"))
            #expect(Polling.until { (try? deployment.metric(.web, "switchboard_events_pending")) == 1 })
            try deployment.start(.dispatcher)
            let late = try event.answer()
            #expect(late.status == 200, "\(late)\n\(deployment.logs)")
            try deployment.awaitReadiness()
        }
    }
}
