import Foundation
import TestCertificates
import TestSupport
import TestTokens
import Testing

extension EndToEndTests {
    /// What must not be seen of secrets, and by whom.
    @Suite struct SecretsTests {
        private static let secret = "planted-internal-secret"
        private static let password = "planted-broker-password"

        private static func command(_ pid: Int32) throws -> String {
            let text = try String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
            return text.split(separator: "\0").joined(separator: " ")
        }

        /// With everything secret from files, through successes, refusals, and a broker that does not know the user.
        @Test func nothingTellsThem() throws {
            let folder = try TemporaryFolder()
            // One that begins so would be taken for a key set.
            let issuer = try #require(
                (0..<9).lazy.map { _ in TokenIssuer(.hs256, keyID: "one") }.first { $0.secret.first != 0x7B })
            let signing = String(decoding: issuer.secret, as: UTF8.self)
            let amqp = try VirtualHosts.take()
            let secret = try folder.write("secret", Self.secret + "\n")
            let key = try folder.write("key", signing)
            let wrongURL = amqp.replacing(/\/\/.*@/, with: "//planted-user:\(Self.password)@")
            let (url, wrong) = (try folder.write("amqp", amqp + "\n"), try folder.write("wrong", wrongURL + "\n"))
            let deployment = Deployment(
                amqp: "amqp://nobody@127.0.0.1:1/",
                extra: [
                    .web: [
                        "--internal-secret-file", secret, "--auth-key-file", key, "--auth-algorithms", "HS256",
                        "--log-level", "debug",
                    ],
                    .dispatcher: ["--internal-secret-file", secret, "--amqp-url-file", url, "--log-level", "debug"],
                    .listener: ["--amqp-url-file", url, "--log-level", "debug"],
                ])
            for tier in Deployment.Tier.allCases { try deployment.start(tier) }
            try deployment.awaitReadiness()
            let token = issuer.token(subject: "ann")
            let tokenFile = try folder.write("token", token)
            let pinging = try Pinging(deployment.webSocketURL, interval: "0.05", ["--token-file", tokenFile])
            #expect(pinging.awaitAnswers(3))
            var shown = try Deployment.Tier.allCases.map { try Self.command(try #require(deployment.programs[$0]).pid) }
            #expect(shown.allSatisfy { $0.contains("--log-level debug") })
            _ = try HTTPCall.post(port: deployment.publicPort, "/ping", headers: ["Authorization: Bearer \(token)x"])
            _ = try HTTPCall.post(
                port: deployment.internalPort(.web), "/dispatch", headers: ["Switchboard-Signature: x"])
            // A broker that refuses the password, and addresses that are none, also to those who only check.
            let refused = try RunningProgram("dispatcher", ["--port", "0", "--amqp-url-file", wrong])
            #expect(Polling.until { refused.logged.contains("\"level\":\"warning\"") }, "\(refused.logged)")
            shown += [refused.logged, refused.printed]
            for text in ["amqp:/planted-user:\(Self.password)@h", "amqp://planted-user:\(Self.password)/x/y"] {
                for more in [[], ["--check-config"]] {
                    let result = try RunningProgram.run(
                        "ping-listener", more, environment: ["SWITCHBOARD_AMQP_URL": text])
                    #expect(result.status == 2, "\(result)")
                    shown += [result.output, result.errors]
                }
            }
            _ = try pinging.finish()
            shown += try Deployment.Tier.allCases.map {
                try HTTPCall.get(port: deployment.internalPort($0), "/metrics").body
            }
            #expect(try deployment.stop() == [0, 0, 0])
            shown += Deployment.Tier.allCases.map { deployment.logged($0) }
            let brokerPassword = amqp.split(separator: "@").first.flatMap { $0.split(separator: ":").last } ?? ""
            #expect(!brokerPassword.isEmpty)
            let secrets = [Self.secret, Self.password, signing, ":\(brokerPassword)@"]
            for part in secrets + token.split(separator: ".").dropFirst().map(String.init) {
                for text in shown where text.contains(part) { Issue.record("\(part) stands in \(text.prefix(3000))") }
            }
        }

        @Test func aSecretThatPsShowsIsWarnedOf() throws {
            for (arguments, name) in [
                (["--internal-secret", "a secret of some length"], "--internal-secret-file"),
                (["--amqp-url", "amqp://user:word@127.0.0.1:1/"], "--amqp-url-file"),
            ] {
                let program = try RunningProgram("dispatcher", ["--port", "0"] + arguments)
                _ = try program.announcement()
                #expect(program.logged.contains(name), "\(program.logged)")
                let checked = try RunningProgram.run("dispatcher", ["--check-config"] + arguments)
                #expect(checked.status == 0 && checked.errors.contains(name), "\(checked)")
            }
            let quiet = try RunningProgram("dispatcher", ["--port", "0", "--amqp-url", "amqp://127.0.0.1:1/"])
            _ = try quiet.announcement()
            #expect(!quiet.logged.contains("--amqp-url-file"), "\(quiet.logged)")
        }

        @Test func noCoreDumpHoldsThem() throws {
            func coreLimit(_ arguments: [String]) throws -> String {
                // With a limit that would allow one.
                let program = try RunningProgram(
                    "/bin/sh",
                    ["-c", "ulimit -c unlimited 2> /dev/null; exec \"$0\" \"$@\""]
                        + [try ProgramFolder.path(of: "dispatcher"), "--port", "0"] + arguments)
                _ = try program.announcement()
                let limits = try String(contentsOfFile: "/proc/\(program.pid)/limits", encoding: .utf8)
                let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") } ?? ""
                return line.split(separator: " ").dropFirst(4).first.map(String.init) ?? ""
            }
            #expect(try coreLimit([]) == "0")
            let allowed = try RunningProgram.run("/bin/sh", ["-c", "ulimit -c unlimited 2> /dev/null; ulimit -c"])
            if allowed.output.hasPrefix("unlimited") { #expect(try coreLimit(["--core-dumps"]) == "unlimited") }
        }

        @Test func theCommandLineWarnsOfATokenInTheClear() throws {
            let environment = ["SWITCHBOARD_TOKEN": "a.b.c", "http_proxy": "", "no_proxy": "*"]
            // Documentation's own addresses (RFC 5737): nobody is there.
            for (url, isWarned) in [
                ("ws://192.0.2.1:9/ws", true), ("wss://192.0.2.1:9/ws", false), ("ws://127.0.0.1:1/ws", false),
            ] {
                let result = try RunningProgram.run(
                    "switchboard", ["ping", "-c", "1", "-W", "0.2", url], environment: environment)
                #expect(result.status == 1)
                #expect(result.errors.contains("in the clear") == isWarned, "\(url): \(result.errors)")
                #expect(!result.errors.contains("a.b.c"))
            }
        }

        /// The files that settings name are looked into.
        @Test func checkingTheConfigurationChecksItsFiles() throws {
            let authority = try CertificateAuthority()
            let (files, other) = (try authority.issue("one"), try authority.issue("two", days: 3))
            func check(_ program: String, _ arguments: String...) throws -> (
                status: Int32, output: String, errors: String
            ) {
                try RunningProgram.run(program, arguments + ["--check-config"])
            }
            let good = try check("public-web", "--tls-cert", files.certificate, "--tls-key", files.key)
            #expect(good.status == 0 && good.errors.isEmpty && good.output.contains("valid"), "\(good)")
            let soon = try check("public-web", "--tls-cert", other.certificate, "--tls-key", other.key)
            #expect(soon.status == 0 && soon.errors.contains("expires in"), "\(soon)")
            let missing = authority.certificate + ".missing"
            for (result, words) in [
                (try check("public-web", "--tls-cert", files.certificate, "--tls-key", other.key), "does not belong"),
                (try check("public-web", "--tls-cert", missing, "--tls-key", files.key), missing),
                (
                    try check(
                        "public-web", "--tls-cert", files.certificate, "--tls-key", files.key, "--tls-client-ca",
                        missing),
                    missing
                ),
                (try check("public-web", "--tls-client-ca", authority.certificate), "--tls-cert"),
                (try check("public-web", "--internal-tls-ca", files.key), files.key),
                (try check("public-web", "--auth-key-file", files.key), "private"),
                (try check("public-web", "--host", "0.0.0.0"), "--open-to-all"),
                (try check("public-web", "--dispatcher-url", "http://u:word@h"), "--internal-secret"),
                (
                    try check("dispatcher", "--internal-tls-cert", files.certificate, "--internal-tls-key", other.key),
                    "does not belong"
                ),
                (try check("dispatcher", "--routes", files.key), files.key),
                (try check("dispatcher", "--amqp-ca", missing), missing),
                (try check("ping-listener", "--amqp-url", "http://h"), "amqp"),
            ] {
                #expect(result.status == 2 && result.output.isEmpty, "\(words): \(result)")
                let lines = result.errors.split(separator: "\n").count
                #expect(lines == 1 && result.errors.contains(words) && !result.errors.contains("word@"), "\(result)")
            }
        }
    }
}
