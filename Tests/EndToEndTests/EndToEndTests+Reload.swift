import Glibc
import TestCertificates
import TestSupport
import TestTokens
import Testing

extension EndToEndTests {
    /// Certificates, keys and secrets that change while the programs run.
    @Suite struct ReloadTests {
        private let authority: CertificateAuthority
        private let files: CertificateAuthority.Files

        init() throws {
            authority = try CertificateAuthority()
            files = try authority.issue("first")
        }

        private static func reloads(_ deployment: Deployment, _ tier: Deployment.Tier, _ outcome: String) throws -> Int
        {
            try deployment.metric(tier, "switchboard_reloads_total{outcome=\"\(outcome)\"}")
        }

        /// Signals, and waits until it has been followed.
        private static func reload(
            _ deployment: Deployment, _ tier: Deployment.Tier, _ outcome: String = "done"
        ) throws {
            let before = try reloads(deployment, tier, outcome)
            deployment.signal(tier, SIGHUP)
            let isFollowed = try Polling.until(milliseconds: 20_000) {
                try reloads(deployment, tier, outcome) == before + 1
            }
            try #require(isFollowed, "\(tier): \(deployment.logged(tier).suffix(2000))")
        }

        /// What `ping` says of its session at the end: nothing lost, and never reconnected.
        private static func finish(_ pinging: Pinging, _ deployment: Deployment) throws {
            let ledger = try pinging.finish()
            #expect(ledger.faults.isEmpty && ledger.failed.isEmpty && ledger.renewed.isEmpty, "\(ledger)")
            #expect(try deployment.metric(.web, "switchboard_sessions_opened_total") == 1)
            #expect(try deployment.metric(.web, "switchboard_sessions_resumed_total{recovered=\"true\"}") == 0)
        }

        @Test func aCertificateIsRenewedUnderItsSessions() throws {
            let deployment = try Deployment.running(
                amqp: try VirtualHosts.take(),
                extra: [.web: ["--tls-cert", files.certificate, "--tls-key", files.key]])
            let url = "wss://localhost:\(deployment.publicPort)/ws"
            let pinging = try Pinging(url, interval: "0.02", ["--ca", authority.certificate, "--no-reconnect"])
            func name() throws -> String { try authority.nameShown(port: deployment.publicPort) }
            #expect(try name() == "first")
            let expiry = try deployment.metric(.web, "switchboard_tls_certificate_expiry_seconds{listener=\"public\"}")
            try authority.replace(files, by: try authority.issue("second", days: 10))
            try Self.reload(deployment, .web)
            // The loops take it over one by one.
            #expect(try Polling.until { try (0..<4).allSatisfy { _ in try name() == "second" } })
            let later = try deployment.metric(.web, "switchboard_tls_certificate_expiry_seconds{listener=\"public\"}")
            #expect(expiry - later > 70 * 86_400)
            #expect(deployment.logged(.web).contains("it expires in "), "\(deployment.logged(.web))")
            #expect(pinging.awaitAnswers(20))
            // A broken one, and one whose key is another's.
            let good = try String(contentsOfFile: files.certificate, encoding: .utf8)
            let third = try authority.issue("third")
            for text in ["no certificate\n", try String(contentsOfFile: third.certificate, encoding: .utf8)] {
                try text.write(toFile: files.certificate, atomically: true, encoding: .utf8)
                let lines = deployment.logged(.web).split(separator: "\n").count
                try Self.reload(deployment, .web, "failed")
                let said = deployment.logged(.web).split(separator: "\n").dropFirst(lines)
                #expect(said.count == 1 && said.first?.contains("not reloaded") == true, "\(said)")
                #expect(try name() == "second")
            }
            try good.write(toFile: files.certificate, atomically: true, encoding: .utf8)
            try Self.reload(deployment, .web)
            #expect(pinging.awaitAnswers(20))
            try Self.finish(pinging, deployment)
            #expect(try Pinging.run(url, ["--ca", authority.certificate]).answered == [1])
            #expect(try deployment.stop() == [0, 0, 0])
        }

        @Test func theInternalSecretIsReplacedUnderLoad() throws {
            let path = try authority.write("secret", "the first secret of the tiers\n")
            let deployment = try Deployment.running(
                amqp: try VirtualHosts.take(),
                extra: [.web: ["--internal-secret-file", path], .dispatcher: ["--internal-secret-file", path]])
            let pinging = try Pinging(deployment.webSocketURL, interval: "0.005", ["--no-reconnect"])
            let (old, new) = ("the first secret of the tiers", "the second secret of the tiers")
            for text in ["\(old)\n\(new)\n", "\(new)\n\(old)\n", "\(new)\n"] {
                _ = try authority.write("secret", text)
                for tier in [Deployment.Tier.dispatcher, .web] {
                    try Self.reload(deployment, tier)
                    #expect(pinging.awaitAnswers(20))
                }
            }
            // It can't be taken away.
            _ = try authority.write("secret", "")
            try Self.reload(deployment, .dispatcher, "failed")
            #expect(pinging.awaitAnswers(20))
            try Self.finish(pinging, deployment)
            for tier in [Deployment.Tier.dispatcher, .web] {
                for reason in ["unsigned", "wrong_signature", "replayed", "outside_window"] {
                    let name = "switchboard_internal_calls_refused_total{reason=\"\(reason)\"}"
                    #expect(try deployment.metric(tier, name) == 0, "\(tier) \(reason)")
                }
            }
            #expect(try deployment.metric(.dispatcher, "switchboard_answers_forged_total") == 0)
        }

        @Test func keysAndRoutesAndPagesAreReadAgain() throws {
            let (old, new) = (TokenIssuer(.edDSA), TokenIssuer(.edDSA))
            let key = try authority.write("key.pem", old.publicKeyPEM)
            let configuration = try authority.write("web.json", #"{"origins":"https://one.example"}"#)
            let routes = try authority.write("routes.json", #"{"routes":[{"type":"PingRequest"}]}"#)
            let deployment = try Deployment.running(
                amqp: try VirtualHosts.take(),
                extra: [
                    .web: ["--auth-key-file", key, "--config", configuration], .dispatcher: ["--routes", routes],
                ])
            func status(_ issuer: TokenIssuer, _ origin: String) throws -> Int {
                let headers = ["Authorization: Bearer \(issuer.token(subject: "ann"))", "Origin: \(origin)"]
                return try HTTPCall.post(port: deployment.publicPort, "/ping", headers: headers).status
            }
            let token = try authority.write("token", old.token(subject: "ann"))
            let pinging = try Pinging(
                deployment.webSocketURL, interval: "0.02", ["--no-reconnect", "--token-file", token])
            #expect(try status(old, "https://one.example") == 200 && status(old, "https://two.example") == 403)
            #expect(try status(new, "https://one.example") == 401)
            _ = try authority.write("key.pem", new.publicKeyPEM)
            _ = try authority.write("web.json", #"{"origins":"https://two.example"}"#)
            try Self.reload(deployment, .web)
            #expect(try Polling.until { try (0..<8).allSatisfy { _ in try status(new, "https://two.example") == 200 } })
            #expect(try status(new, "https://one.example") == 403 && status(old, "https://two.example") == 401)
            // A mistake in any of them, and nothing changes.
            _ = try authority.write("key.pem", old.publicKeyPEM)
            _ = try authority.write("web.json", "{")
            try Self.reload(deployment, .web, "failed")
            #expect(try status(new, "https://two.example") == 200 && status(old, "https://two.example") == 401)
            #expect(pinging.awaitAnswers(5))
            _ = try authority.write("routes.json", #"{"routes":[]}"#)
            try Self.reload(deployment, .dispatcher)
            #expect(
                try Polling.until {
                    let headers = [
                        "Authorization: Bearer \(new.token(subject: "ann"))", "Origin: https://two.example",
                    ]
                    return try HTTPCall.post(port: deployment.publicPort, "/ping", headers: headers).status == 422
                })
        }
    }
}
