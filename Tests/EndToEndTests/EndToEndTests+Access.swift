import Foundation
import TestSupport
import TestTokens
import Testing

extension EndToEndTests {
    /// The programs with clients that have to say who they are.
    @Suite struct AccessTests {
        private let folder: TemporaryFolder
        private let issuer = TokenIssuer(.edDSA, keyID: "one")
        private let settings: [String]

        init() throws {
            folder = try TemporaryFolder()
            let keys = try folder.write("keys.json", TokenIssuer.keySet([TokenIssuer(.rs256, keyID: "two"), issuer]))
            settings = [
                "--auth-key-file", keys, "--auth-issuer", "https://issuer.test", "--auth-audience", "switchboard",
                "--auth-leeway", "0s",
            ]
        }

        private func token(seconds: Double = 600) -> String {
            issuer.token(subject: "ann", seconds: seconds, issuer: "https://issuer.test", audience: "switchboard")
        }

        @Test func theCommandLineSaysWhoItIs() throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take(), extra: [.web: settings])
            let token = token()
            let file = try folder.write("token", token + "\n")
            let stale = try folder.write("stale", self.token(seconds: -10))
            #expect(try Pinging.run(deployment.webSocketURL, count: 3, ["--token-file", file]).answered == [1, 2, 3])
            #expect(
                try Pinging.run(deployment.httpURL, count: 2, ["--http", "--token-file", file]).answered == [1, 2])
            let variable = try RunningProgram.run(
                "switchboard", ["ping", "-c", "1", deployment.webSocketURL], environment: ["SWITCHBOARD_TOKEN": token])
            #expect(variable.status == 0, "\(variable.errors)")
            for http in [[], ["--http"]] {
                let bench = ["bench", "-t", "0.5", "--warmup", "0", "--sessions", "4", "--rate", "200"] + http
                let load = try RunningProgram.run(
                    "switchboard", bench + ["--token-file", file, deployment.webSocketURL])
                #expect(load.status == 0, "\(load.output)\(load.errors)")
            }
            var shown = variable.output + variable.errors
            for (options, reason) in [([], "Bearer"), (["--token-file", stale], "expired")] {
                let refused = try RunningProgram.run(
                    "switchboard", ["ping", "-c", "1"] + options + [deployment.webSocketURL])
                #expect(refused.status == 1 && refused.errors.contains("401"), "\(refused)")
                #expect(refused.errors.contains(reason), "\(refused)")
                shown += refused.output + refused.errors
            }
            #expect(try deployment.stop() == [0, 0, 0])
            shown += Deployment.Tier.allCases.map { deployment.logged($0) }.joined()
            for secret in [token, try String(contentsOfFile: stale, encoding: .utf8)] {
                for part in secret.split(separator: ".").dropFirst() { #expect(!shown.contains(part)) }
            }
        }

        /// What `connect` does with a session whose token expires, as long as its file is kept fresh.
        @Test func aSessionOutlivesItsToken() throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take(), extra: [.web: settings])
            let file = try folder.write("token", token(seconds: 3))
            let pinging = try Pinging(deployment.webSocketURL, interval: "0.05", ["--token-file", file])
            _ = try folder.write("token", token())
            #expect(
                try Polling.until(milliseconds: 30_000) {
                    try deployment.metric(.web, "switchboard_auth_expired_total") == 1
                })
            #expect(pinging.awaitAnswers(10))
            let ledger = try pinging.finish()
            #expect(ledger.faults.isEmpty, "\(ledger)")
            #expect(try deployment.metric(.web, "switchboard_sessions_opened_total") == 1)
            #expect(try deployment.stop() == [0, 0, 0])
        }

        @Test func beyondLoopbackSomebodyHasToSayWhoMayComeIn() throws {
            let anywhere = ["--host", "0.0.0.0", "--port", "0", "--internal-port", "0"]
            let refused = try RunningProgram.run("public-web", anywhere)
            #expect(refused.status != 0 && refused.output.isEmpty)
            let lines = refused.errors.split(separator: "\n")
            #expect(lines.count == 1 && refused.errors.contains("--auth-key-file"), "\(refused.errors)")
            for arguments in [anywhere + ["--open-to-all"], anywhere + settings] {
                let program = try RunningProgram("public-web", arguments)
                #expect(try program.announcement()["public"] as? String != nil)
                let said = arguments.contains("--open-to-all") ? "open to all" : "clients need a token"
                #expect(program.logged.contains(said), "\(program.logged)")
            }
        }

        @Test func wrongKeysAreToldInOneLine() throws {
            let secret = try folder.write("secret", "too short to be a secret\n")
            for (arguments, words) in [
                (["--auth-key-file", secret], "--auth-algorithms HS256"),
                (["--auth-key-file", secret, "--auth-algorithms", "HS256"], "needs at least 256"),
                (["--auth-key-file", folder.path + "/missing"], "can't be read"),
                (["--auth-jwks-url", "http://issuer.test/keys"], "beyond loopback"),
                (["--auth-issuer", "x"], "means nothing"),
            ] {
                let result = try RunningProgram.run("public-web", ["--port", "0", "--internal-port", "0"] + arguments)
                #expect(result.status != 0 && result.output.isEmpty)
                #expect(
                    result.errors.split(separator: "\n").count == 1 && result.errors.contains(words)
                        && !result.errors.contains("too short to"), "\(result.errors)")
            }
        }
    }
}
