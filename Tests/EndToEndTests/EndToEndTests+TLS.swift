import TestCertificates
import TestSupport
import Testing

extension EndToEndTests {
    /// public-web with a certificate of its own.
    @Suite struct TLSTests {
        private let folder: TemporaryFolder
        private let certificate: String
        private let key: String

        init() throws {
            let server = try ServerCertificate()
            (folder, certificate, key) = (server.folder, server.certificate, server.key)
        }

        @Test func pingsGoOverTLS() throws {
            let deployment = try Deployment.running(
                amqp: try VirtualHosts.take(), extra: [.web: ["--tls-cert", certificate, "--tls-key", key]])
            let announced = try deployment.programs[.web]?.announcement()["public"] as? String
            #expect(announced == "https://127.0.0.1:\(deployment.publicPort)")
            let webSocket = "wss://localhost:\(deployment.publicPort)/ws"
            let ledger = try Pinging.run(webSocket, count: 3, ["--ca", certificate])
            #expect(ledger.answered == [1, 2, 3] && ledger.faults.isEmpty, "\(ledger)")
            let http = try Pinging.run(
                "https://localhost:\(deployment.publicPort)", count: 2, ["--http", "--ca", certificate])
            #expect(http.answered == [1, 2], "\(http)")
            #expect(try Pinging.run(webSocket, ["--insecure"]).answered == [1])
            // Nobody whom the client trusts signed it.
            let distrusting = try RunningProgram.run("switchboard", ["ping", "-c", "1", webSocket])
            #expect(distrusting.status == 1 && distrusting.output.isEmpty)
            #expect(distrusting.errors.contains("certificate"), "\(distrusting.errors)")
            // Plain text on the port.
            let plain = try RunningProgram.run("switchboard", ["ping", "-c", "1", deployment.webSocketURL])
            #expect(plain.status == 1 && plain.output.isEmpty && !plain.errors.isEmpty)
            #expect(try Pinging.run(webSocket, ["--ca", certificate]).answered == [1])
            #expect(try deployment.stop() == [0, 0, 0])
        }

        /// Clients show who they are, and so do the tiers to each other.
        @Test func certificatesOnBothSides() throws {
            let authority = try CertificateAuthority()
            let (web, dispatcher, ann) = (
                try authority.issue("web"), try authority.issue("dispatcher"), try authority.issue("ann")
            )
            func tier(_ files: CertificateAuthority.Files) -> [String] {
                [
                    "--internal-tls-cert", files.certificate, "--internal-tls-key", files.key, "--internal-tls-ca",
                    authority.certificate,
                ]
            }
            let deployment = Deployment(amqp: try VirtualHosts.take())
            let ports = (deployment.internalPort(.dispatcher), deployment.publicPort)
            deployment.extra = [
                .dispatcher: tier(dispatcher),
                .web: tier(web) + [
                    "--tls-cert", web.certificate, "--tls-key", web.key, "--tls-client-ca", authority.certificate,
                ],
            ]
            deployment.dispatcherURL = "https://localhost:\(ports.0)"
            for tier in Deployment.Tier.allCases { try deployment.start(tier) }
            let url = "wss://localhost:\(ports.1)/ws"
            let trusting = ["--ca", authority.certificate]
            let known = trusting + ["--cert", ann.certificate, "--key", ann.key]
            // The internal listeners answer nobody without a certificate, so readiness shows in the answers.
            #expect(
                Polling.until(milliseconds: 60_000) { (try? Pinging.run(url, known).answered) == [1] })
            let ledger = try Pinging.run(url, count: 5, known)
            #expect(ledger.answered.count == 5 && ledger.faults.isEmpty, "\(ledger)\n\(deployment.logs)")
            let http = try Pinging.run("https://localhost:\(ports.1)", count: 2, ["--http"] + known)
            #expect(http.answered == [1, 2], "\(http)")
            let unknown = try RunningProgram.run("switchboard", ["ping", "-c", "1"] + trusting + [url])
            #expect(unknown.status == 1 && unknown.output.isEmpty && unknown.errors.contains("--cert"), "\(unknown)")
            let half = try RunningProgram.run("switchboard", ["ping", "-c", "1", "--cert", ann.certificate, url])
            #expect(half.status == 2 && half.errors.contains("--key"), "\(half)")
            #expect(try deployment.stop() == [0, 0, 0])
        }

        @Test func aWrongKeyIsToldInOneLine() throws {
            let wrong = try folder.write("wrong.pem", "no key\n")
            for file in [wrong, folder.path + "/missing.pem"] {
                let result = try RunningProgram.run(
                    "public-web", ["--port", "0", "--internal-port", "0", "--tls-cert", certificate, "--tls-key", file])
                #expect(result.status != 0 && result.output.isEmpty)
                #expect(
                    result.errors.split(separator: "\n").count == 1 && result.errors.contains(file), "\(result.errors)")
            }
        }
    }
}
