import Core
import Glibc
import TestSupport
import Testing

extension EndToEndTests {
    /// The tiers know each other by a secret.
    @Suite struct SecretTests {
        private static let event = SampleEvent.ping("f1")

        @Test func withOneSecretTheTiersWork() throws {
            let folder = try TemporaryFolder()
            let file = try folder.write("secret", "correct horse battery staple\n")
            let deployment = try Deployment.running(
                amqp: try VirtualHosts.take(),
                extra: [
                    .web: ["--internal-secret-file", file],
                    .dispatcher: ["--internal-secret", "correct horse battery staple"],
                ])
            let ledger = try Pinging.run(deployment.webSocketURL, count: 5)
            #expect(ledger.answered.count == 5, "\(ledger)\n\(deployment.logs)")
            #expect(try HTTPCall.post(port: deployment.publicPort, "/ping").status == 200)
            let stamp =
                "Switchboard-Signature: t=\(SystemClock.wallNanoseconds() / 1_000_000),n=0123456789abcdef,v2=\(String(repeating: "0", count: 64))"
            for forged in [[], [stamp], ["Switchboard-Signature: nonsense"]] {
                for (tier, path) in [(Deployment.Tier.web, "/dispatch"), (.dispatcher, "/events")] {
                    let answer = try HTTPCall.post(
                        port: deployment.internalPort(tier), path, headers: [SampleEvent.structured] + forged,
                        Self.event)
                    #expect(answer.verdict == "401 unauthenticated", "\(path) \(forged): \(answer)")
                }
            }
            #expect(try Pinging.run(deployment.webSocketURL).answered == [1])
        }

        @Test(arguments: [Deployment.Tier.web, .dispatcher])
        func withAnotherSecretATierIsRefused(_ tier: Deployment.Tier) throws {
            var extra: [Deployment.Tier: [String]] = [
                .web: ["--internal-secret", "one"], .dispatcher: ["--internal-secret", "one"],
            ]
            extra[tier] = ["--internal-secret", "another"]
            let deployment = try Deployment.running(amqp: try VirtualHosts.take(), extra: extra)
            let answer = try HTTPCall.post(port: deployment.publicPort, "/ping")
            #expect(answer.verdict == "500 internal-error", "\(answer)")
            let session = try Pinging.run(deployment.webSocketURL)
            #expect(session.errors == ["500 Internal error"], "\(session)")
            #expect(deployment.logged(.web).contains("internal secrets differ"), "\(deployment.logged(.web))")
            #expect(try deployment.metric(.dispatcher, "switchboard_events_published_total") == 0)
            // With the right one it works.
            #expect(try deployment.end(tier, SIGTERM) == 0)
            deployment.extra[tier] = ["--internal-secret", "one"]
            try deployment.start(tier)
            try deployment.awaitReadiness()
            #expect(try Pinging.run(deployment.webSocketURL).answered == [1])
        }

        @Test func beyondLoopbackASecretIsRequired() throws {
            for (program, flag) in [("public-web", "--internal-host"), ("dispatcher", "--host")] {
                let result = try RunningProgram.run(program, [flag, "0.0.0.0", "--port", "0"])
                #expect(result.status != 0 && result.output.isEmpty)
                #expect(result.errors.split(separator: "\n").count == 1 && result.errors.contains("--internal-secret"))
            }
        }
    }
}
