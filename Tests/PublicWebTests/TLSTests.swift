import Foundation
import HTTPClient
import TestCertificates
import TestSupport
import Testing

@testable import PublicWeb

/// The public listener over TLS.
@Suite final class TLSTests {
    private let folder: String
    private let certificate: String
    private let key: String

    init() throws {
        folder = NSTemporaryDirectory() + "switchboard-tls-\(UInt32.random(in: 0 ... .max))"
        certificate = folder + "/certificate.pem"
        key = folder + "/key.pem"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        signal(SIGPIPE, SIG_IGN)
        let status = try CertificateAuthority.run([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ]).status
        #expect(status == 0)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func tiers() throws -> TestTiers {
        let tiers = try TestTiers {
            $0.tlsCertificateFile = certificate
            $0.tlsKeyFile = key
        }
        #expect(tiers.web.publicURL.hasPrefix("https://"))
        return tiers
    }

    @Test func requestsAndBigBodies() throws {
        let tiers = try tiers()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = BlockingRequest(policy: ConnectionPolicy(certificateAuthoritiesFile: certificate))
        for size in [0, 10, 60_000] {
            let body = size == 0 ? "" : "\"" + String(repeating: "x", count: size) + "\""
            let response = try client.perform(
                ClientRequest(.post, url: tiers.web.publicURL + "/ping", body: Array(body.utf8)))
            #expect(response.status == 200 && response.body.count > size)
        }
        #expect(throws: ClientError.self) {
            try BlockingRequest().perform(ClientRequest(.get, url: tiers.web.publicURL + "/livez"))
        }
    }

    @Test func versionsAndProtocols() throws {
        let tiers = try tiers()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let target = ["s_client", "-connect", "127.0.0.1:\(tiers.publicPort)", "-CAfile", certificate]
        let modern = try CertificateAuthority.run(target + ["-alpn", "h2,http/1.1"])
        #expect(modern.status == 0 && modern.output.contains("ALPN protocol: http/1.1"), "\(modern)")
        #expect(try CertificateAuthority.run(target + ["-tls1_2"]).output.contains("TLSv1.2"))
        let old = try CertificateAuthority.run(target + ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        #expect(old.status != 0 && old.output.contains("alert protocol version"), "\(old)")
        // What is no TLS at all is closed, and the next client is served.
        let plain = try RawSocket(port: tiers.publicPort)
        plain.send("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n")
        #expect(plain.readToEnd())
        #expect(!plain.text.contains("200 OK"))
        #expect(try CertificateAuthority.run(target).status == 0)
    }

    @Test(arguments: [("missing.pem", "key.pem"), ("key.pem", "certificate.pem"), ("certificate.pem", "missing.pem")])
    func badFilesAreToldAtTheStart(_ certificate: String, _ key: String) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(throws: PublicWebError.self) {
            try TestTiers(.webOnly) {
                $0.tlsCertificateFile = folder + "/" + certificate
                $0.tlsKeyFile = folder + "/" + key
            }
        }
    }
}
