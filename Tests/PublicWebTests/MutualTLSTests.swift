import Configuration
import Core
import HTTPClient
import JSON
import Reactor
import TestCertificates
import TestSupport
import Testing
import TierSecurity
import Tiers

@testable import PublicWeb

/// Certificates on both sides: of clients, and between the tiers.
@Suite struct MutualTLSTests {
    private let authority: CertificateAuthority
    private let strangers: CertificateAuthority
    private let server: CertificateAuthority.Files
    private let ann: ClientIdentity
    private let bob: ClientIdentity
    private let stranger: ClientIdentity

    init() throws {
        authority = try CertificateAuthority()
        strangers = try CertificateAuthority()
        server = try authority.issue("server")
        ann = try Self.identity(try authority.issue("ann"))
        bob = try Self.identity(try authority.issue("bob"))
        stranger = try Self.identity(try strangers.issue("ann"))
    }

    private static func identity(_ files: CertificateAuthority.Files) throws -> ClientIdentity {
        ClientIdentity(certificate: try bytes(files.certificate), key: try bytes(files.key))
    }

    private static func bytes(_ path: String) throws -> [UInt8] { try FileReader.read(path).get() }

    /// - Returns: the status, or 0 if there is no connection.
    private func ask(
        _ url: String, as identity: ClientIdentity?, post body: String? = nil, headers: [String] = []
    ) throws -> (status: Int, body: String) {
        let policy = ConnectionPolicy(
            certificateAuthoritiesFile: authority.certificate, usesProxy: false, identity: identity)
        let request = ClientRequest(
            body == nil ? .get : .post, url: url, headerLines: headers, body: Array((body ?? "").utf8))
        do throws(ClientError) {
            let response = try BlockingRequest(policy: policy).perform(request)
            return (response.status, String(decoding: response.body, as: UTF8.self))
        } catch {
            return (0, error.text)
        }
    }

    private func ping(_ tiers: TestTiers, as identity: ClientIdentity?, token: String? = nil) throws -> Int {
        try ask(
            tiers.web.publicURL + "/ping", as: identity, post: "",
            headers: token.map { ["Authorization: Bearer \($0)"] } ?? []
        ).status
    }

    private func listen(_ configuration: inout PublicWebConfiguration, isRequired: Bool) {
        configuration.tlsCertificateFile = server.certificate
        configuration.tlsKeyFile = server.key
        configuration.tlsClients = TLSClientVerification(
            authoritiesFile: authority.certificate, isRequired: isRequired)
    }

    // MARK: Clients

    @Test(arguments: [true, false]) func aClientIsWhomItsCertificateIsFor(_ isRequired: Bool) throws {
        let tiers = try TestTiers {
            listen(&$0, isRequired: isRequired)
            $0.authentication = ClientAuthentication(source: .none, rules: TestAccess.rules, takesCertificates: true)
        }
        #expect(try ping(tiers, as: ann) == 200)
        #expect(try ping(tiers, as: stranger) == 0)
        #expect(try ping(tiers, as: nil) == (isRequired ? 0 : 401))
        #expect(try ask(tiers.web.publicURL + "/livez", as: nil).status == (isRequired ? 0 : 200))
        let structured = ["Content-Type: application/cloudevents+json", "Prefer: respond-async"]
        let event = #"{"specversion":"1.0","id":"1","source":"/t","type":"PingRequest"}"#
        let url = tiers.web.publicURL
        #expect(try ask(url + "/events?correlationid=s", as: ann, post: event, headers: structured).status == 202)
        // What is ann's is nobody else's.
        let other = event.replacing("\"1\"", with: "\"2\"")
        #expect(try ask(url + "/events?correlationid=s", as: bob, post: other, headers: structured).status == 409)
        #expect(try ask(url + "/events/1?correlationid=s", as: bob).status == 404)
        #expect(try ask(url + "/events/1?correlationid=s", as: ann).status == 200)
        // All that have no subject would be one.
        let nameless = try Self.identity(try authority.issue("nameless", subject: "/"))
        #expect(try ping(tiers, as: nameless) == 401)
        #expect(try tiers.metric("switchboard_auth_refused_total{reason=\"certificate_without_subject\"}") == 1)
        if !isRequired {
            #expect(try tiers.metric("switchboard_auth_refused_total{reason=\"no_certificate\"}") == 1)
        }
    }

    @Test func withTokensACertificateIsWantedBesidesOrInstead() throws {
        let both = try TestAccess { listen(&$0, isRequired: true) }
        #expect(try ping(both.tiers, as: ann) == 401)
        #expect(try ping(both.tiers, as: nil, token: both.token("bob")) == 0)
        #expect(try ping(both.tiers, as: ann, token: both.token("bob")) == 200)
        let either = try TestAccess {
            listen(&$0, isRequired: false)
            $0.authentication?.takesCertificates = true
        }
        #expect(try ping(either.tiers, as: ann) == 200)
        #expect(try ping(either.tiers, as: nil, token: either.token("bob")) == 200)
        #expect(try ping(either.tiers, as: nil) == 401)
        // A wrong token is not made good by a certificate.
        #expect(try ping(either.tiers, as: ann, token: either.token("bob", seconds: -100)) == 401)
    }

    // MARK: Between the tiers

    private func tierTLS(_ name: String, by authority: CertificateAuthority? = nil) throws -> TierTLS {
        let files = try (authority ?? self.authority).issue(name)
        return TierTLS(
            certificateFile: files.certificate, keyFile: files.key, authoritiesFile: self.authority.certificate)
    }

    @Test func tiersShowEachOtherTheirCertificates() throws {
        let web = try tierTLS("web")
        let secret = Array("a secret of the tiers' own".utf8)
        let tiers = try TestTiers(dispatcherTLS: try tierTLS("dispatcher")) {
            $0.tierTLS = web
            $0.internalSecret = secret
        }
        let dispatcher = try #require(tiers.dispatcher)
        #expect(tiers.web.internalURL.hasPrefix("https://") && dispatcher.internalURL.hasPrefix("https://"))
        for _ in 0..<3 { #expect(try tiers.ask("POST /ping HTTP/1.1\r\n").status == 200) }
        for url in [tiers.web.internalURL + "/dispatch", dispatcher.internalURL + "/events"] {
            #expect(try ask(url, as: nil, post: "[]").status == 0, "\(url)")
            #expect(try ask(url, as: stranger, post: "[]").status == 0, "\(url)")
            // A certificate is not all that it takes.
            #expect(try ask(url, as: ann, post: "[]").status == 401, "\(url)")
        }
        let metrics = try ask(tiers.web.internalURL + "/metrics", as: ann).body
        #expect(metrics.contains("switchboard_tls_certificate_expiry_seconds{listener=\"internal\"}"))
        #expect(metrics.contains("switchboard_internal_calls_refused_total{reason=\"unsigned\"} 1"))
    }

    /// A tier without a certificate, or with one of strangers, is none.
    @Test(arguments: [true, false]) func aTierWithoutAGoodCertificateIsRefused(_ isStrange: Bool) throws {
        var web = try tierTLS("web", by: strangers)
        if !isStrange { (web.certificateFile, web.keyFile) = (nil, nil) }
        let tiers = try TestTiers(.withoutListener, dispatcherTLS: try tierTLS("dispatcher")) {
            $0.tierTLS = web
            $0.limits.dispatcherWaitMilliseconds = 200
        }
        let answer = try tiers.ask("POST /ping HTTP/1.1\r\n")
        #expect(answer.status == 503 && answer.body.contains("dispatcher-unavailable"), "\(answer)")
    }

    /// Nor is a server that public-web does not trust.
    @Test func aDispatcherOfStrangersIsNotSentAnything() throws {
        let web = try tierTLS("web")
        let tiers = try TestTiers(.withoutListener, dispatcherTLS: try tierTLS("dispatcher", by: strangers)) {
            $0.tierTLS = web
            $0.limits.dispatcherWaitMilliseconds = 200
        }
        let answer = try tiers.ask("POST /ping HTTP/1.1\r\n")
        #expect(answer.status == 503 && answer.body.contains("dispatcher-unavailable"), "\(answer)")
    }

    // MARK: Reloading

    @Test func everythingIsTakenOverOrNothing() throws {
        let tierFiles = try tierTLS("web")
        var configuration = PublicWebConfiguration()
        let tiers = try TestTiers {
            listen(&$0, isRequired: false)
            $0.tierTLS = tierFiles
            $0.internalSecret = Array("the first secret".utf8)
            configuration = $0
        }
        func name() throws -> String { try authority.nameShown(port: tiers.publicPort) }
        #expect(try name() == "server")
        // A certificate whose key is another's: nothing changes, also not what is right.
        let second = try authority.issue("second")
        var wrong = configuration
        wrong.origins = ["https://app.example"]
        wrong.tlsCertificateFile = second.certificate
        #expect(throws: PublicWebError.self) { try tiers.web.reload(wrong) }
        wrong = configuration
        wrong.tlsCertificateFile = nil
        wrong.tlsKeyFile = nil
        #expect(throws: PublicWebError.self) { try tiers.web.reload(wrong) }
        wrong = configuration
        wrong.internalSecret = nil
        #expect(throws: PublicWebError.self) { try tiers.web.reload(wrong) }
        let page = "https://app.example"
        func fromPage() throws -> Int {
            let head = ["Origin: \(page)", "Access-Control-Request-Method: POST"]
            return try ask(tiers.web.publicURL + "/ping", as: nil, post: "", headers: head).status
        }
        #expect(try name() == "server" && fromPage() == 403)
        configuration.tlsCertificateFile = second.certificate
        configuration.tlsKeyFile = second.key
        configuration.origins = [page]
        try tiers.web.reload(configuration)
        // The loops take it over one by one.
        #expect(try Polling.until { try (0..<4).allSatisfy { _ in try name() == "second" } })
        #expect(try Polling.until { try (0..<4).allSatisfy { _ in try fromPage() == 200 } })
    }
}
