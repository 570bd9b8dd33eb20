import Configuration
import Foundation
import Program
import TestTokens
import Testing
import Tokens

@testable import PublicWeb

/// The settings about access, right and wrong together.
@Suite final class AccessSettingsTests {
    private let folder = NSTemporaryDirectory() + "switchboard-access-\(UInt64.random(in: 0 ... .max))"

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func file(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        return "\(folder)/\(name)"
    }

    private func configuration(_ arguments: [String]) throws -> PublicWebConfiguration {
        let schema = ProgramMain.schema(program: "public-web", summary: "", settings: PublicWebProgram.settings)
        guard case .run(let settings) = schema.parse(arguments: arguments, environment: [:]) else {
            throw SettingsProblem("the arguments are no settings: \(arguments)")
        }
        return try PublicWebProgram.configuration(settings)
    }

    /// What a program says of them; empty if they are right.
    private func problem(_ arguments: String...) -> String {
        do {
            _ = try configuration(arguments)
            return ""
        } catch { return "\(error)" }
    }

    private func algorithms(_ arguments: String...) throws -> [TokenAlgorithm] {
        guard case .keys(let keys) = try configuration(arguments).authentication?.source else { return [] }
        return keys.keys.map(\.algorithm)
    }

    @Test func keysComeFromFiles() throws {
        let elliptic = TokenIssuer(.es256, keyID: "one")
        let pem = try file("key.pem", elliptic.publicKeyPEM)
        let set = try file("set.json", "\n " + TokenIssuer.keySet([elliptic, TokenIssuer(.rs256, keyID: "two")]))
        // Text that begins with a brace is taken for a key set.
        let secret = try file("secret", "k" + String(decoding: TokenIssuer(.hs256).secret, as: UTF8.self) + "\n")
        #expect(try configuration([]).authentication == nil)
        #expect(try algorithms("--auth-key-file", pem) == [.es256])
        #expect(try algorithms("--auth-key-file", set) == [.es256, .rs256])
        #expect(try algorithms("--auth-key-file", set, "--auth-algorithms", "RS256") == [.rs256])
        #expect(try algorithms("--auth-key-file", secret, "--auth-algorithms", "HS256") == [.hs256])
        let rules = try configuration([
            "--auth-key-file", pem, "--auth-issuer", "i", "--auth-audience", "a", "--auth-leeway", "5s",
            "--auth-algorithms", "EdDSA, ES256", "--auth-types-claim", "scope",
        ]).authentication?.rules
        #expect(
            rules
                == TokenRules(
                    algorithms: [.edDSA, .es256], issuer: "i", audience: "a", leewaySeconds: 5, typesClaim: "scope"))
    }

    @Test func aFileThatIsNotWhatItIsTakenForIsRefused() throws {
        let elliptic = TokenIssuer(.es256)
        let pem = try file("key.pem", elliptic.publicKeyPEM)
        let secret = try file("secret", String(repeating: "s", count: 40))
        let short = try file("short", "short\n")
        #expect(problem("--auth-key-file", secret).contains("--auth-algorithms HS256"))
        #expect(problem("--auth-key-file", short, "--auth-algorithms", "HS256").contains("needs at least 256"))
        // A public key, which everybody has, is never a secret.
        #expect(problem("--auth-key-file", pem, "--auth-algorithms", "HS256").contains("a key for ES256"))
        #expect(problem("--auth-key-file", pem, "--auth-algorithms", "RS256").contains("a key for ES256"))
        let own = try file("private.pem", elliptic.privateKeyPEM)
        #expect(problem("--auth-key-file", own).contains("private key"))
        #expect(problem("--auth-key-file", folder + "/none").contains("can't be read"))
        #expect(problem("--auth-key-file", try file("set.json", "{\"keys\":[]}")).contains("none of its keys"))
        for text in [problem("--auth-key-file", short), problem("--auth-key-file", secret)] {
            #expect(!text.contains("sss") && !text.contains("short\n"))
        }
    }

    @Test func wrongCombinationsAreTold() throws {
        let pem = try file("key.pem", TokenIssuer(.es256).publicKeyPEM)
        let url = "https://issuer.test/keys"
        #expect(problem("--auth-jwks-url", url) == "")
        #expect(problem("--auth-jwks-url", url, "--auth-key-file", pem).contains("exclude each other"))
        for name in ["--auth-issuer", "--auth-audience", "--auth-algorithms"] {
            #expect(problem(name, "RS256").contains("\(name) means nothing"))
        }
        #expect(problem("--open-to-all", "--auth-key-file", pem).contains("contradicts"))
        #expect(problem("--auth-jwks-url", "http://issuer.test/keys").contains("beyond loopback"))
        #expect(problem("--auth-jwks-url", "http://127.0.0.1:1/keys") == "")
        #expect(problem("--auth-jwks-url", "http://[::1]:1/keys") == "")
        #expect(problem("--auth-jwks-url", "http://127.0.0.1.evil.test/keys").contains("beyond loopback"))
        for wrong in ["https://user:word@issuer.test/keys", "https:///keys", "issuer.test", "file:///keys"] {
            #expect(problem("--auth-jwks-url", wrong).contains("no https://"), "\(wrong)")
        }
        #expect(problem("--auth-jwks-url", url, "--auth-algorithms", "HS256").contains("not fetched"))
        #expect(problem("--auth-jwks-url", url, "--auth-jwks-refresh", "1s").contains("--auth-jwks-pause"))
        for wrong in ["none", "rs256", "HS384"] {
            #expect(problem("--auth-key-file", pem, "--auth-algorithms", wrong).contains("has `\(wrong)`"))
        }
        #expect(problem("--auth-key-file", pem, "--auth-leeway", "1h").contains("at most 5m"))
        #expect(problem("--origins", "https://a.example/,https://b.example").contains("`https://a.example/`"))
        #expect(try configuration(["--origins", "https://a.example, null"]).origins == ["https://a.example", "null"])
    }
}
