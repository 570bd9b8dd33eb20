import Configuration
import Core
import Crypto
import Program
import Reactor
import Tokens

/// The settings that say who is let in, and what each of them may do.
enum AccessSettings {
    static let settings = [
        Setting(
            "auth-key-file", .text,
            """
            What clients' tokens (JWT) are checked with: a PEM public key, a JWKS document, or, with --auth-algorithms \
            HS256, a secret of at least 32 bytes. Without it and --auth-jwks-url no token is asked for.
            """),
        Setting(
            "auth-jwks-url", .text, "Where those keys are fetched as a JWKS document: https://, or http:// to loopback."
        ),
        Setting(
            "auth-jwks-ca", .text,
            "Who may sign that URL's certificate, a PEM file. Without it, the authorities of the system."),
        Setting("auth-jwks-refresh", .duration, default: "5m", "How often they are fetched."),
        Setting(
            "auth-jwks-pause", .duration, default: "10s",
            "Between two fetches at least, also when a token names a key that is not known."),
        Setting(
            "auth-algorithms", .text,
            "Accepted, with commas between: RS256, ES256, EdDSA (all three by default), HS256."),
        Setting("auth-issuer", .text, "What a token's `iss` has to be. Without it, anything."),
        Setting(
            "auth-audience", .text, "What a token's `aud` has to contain. Without it, tokens have to have no `aud`."),
        Setting("auth-leeway", .duration, default: "30s", "How far the issuer's clock may be off; at most 5m."),
        Setting(
            "auth-types-claim", .text, default: "switchboard_types",
            """
            The claim that lists the event types which may be sent, as an array or a text with blanks between; `*` at \
            the end of one stands for anything.
            """),
        Setting(
            "open-to-all", .flag,
            "Lets everybody in without a token also when --host is beyond loopback. Off by default."),
        Setting(
            "origins", .text,
            """
            Pages from which browsers may come, as https://app.example, with commas between; * for all. Without it \
            those of this machine while --host is on loopback, and otherwise none.
            """),
        Setting(
            "principal-connections-max", .integer(1...1_000_000), default: "100",
            "Connections that the holders of tokens of one subject may have."),
        Setting(
            "principal-rate", .integer(0...10_000_000), default: "1000",
            "Events a second that they may send; 0 for as many as they like."),
        Setting(
            "principal-burst", .integer(1...100_000_000), default: "2000",
            "Events that they may send at once after a pause."),
        Setting(
            "principal-types", .text, default: "*",
            "Event types, with commas between, that they may send if their token lists none."),
    ]

    static func read(_ settings: Configuration, into result: inout PublicWebConfiguration) throws(SettingsProblem) {
        result.isOpenToAll = settings.flag("open-to-all")
        result.origins = try origins(settings)
        result.limits.principals.connectionsMax = settings.integer("principal-connections-max")
        result.limits.principals.eventsPerSecond = settings.integer("principal-rate")
        result.limits.principals.eventsBurst = settings.integer("principal-burst")
        result.limits.principals.types = EventTypes(list(settings.text("principal-types")))
        let rules = try rules(settings)
        switch (settings.optionalText("auth-key-file"), settings.optionalText("auth-jwks-url")) {
        case (nil, nil):
            for name in ["auth-algorithms", "auth-issuer", "auth-audience"] where settings.optionalText(name) != nil {
                throw SettingsProblem("--\(name) means nothing without --auth-key-file or --auth-jwks-url")
            }
            if result.tlsClients != nil {
                result.authentication = ClientAuthentication(source: .none, rules: rules, takesCertificates: true)
            }
        case (.some, .some): throw SettingsProblem("--auth-key-file and --auth-jwks-url exclude each other")
        case (let path?, nil):
            result.authentication = ClientAuthentication(source: .keys(try keys(path, rules.algorithms)), rules: rules)
        case (nil, let url?):
            result.authentication = ClientAuthentication(source: .url(try checked(url, rules)), rules: rules)
            let (refresh, pause) = (settings.integer("auth-jwks-refresh"), settings.integer("auth-jwks-pause"))
            guard pause >= 100, refresh >= pause else {
                throw SettingsProblem("--auth-jwks-pause is at least 100ms, and --auth-jwks-refresh is not shorter")
            }
            result.authentication?.refreshMilliseconds = UInt64(refresh)
            result.authentication?.refreshPauseMilliseconds = UInt64(pause)
            result.authentication?.authorities = try authorities(settings)
        }
        if result.tlsClients?.isRequired == false { result.authentication?.takesCertificates = true }
        guard !result.isOpenToAll || result.authentication == nil else {
            throw SettingsProblem(
                """
                --open-to-all contradicts --auth-key-file, --auth-jwks-url and --tls-client-ca: clients have to say who \
                they are
                """)
        }
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { item in
            String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }

    private static func origins(_ settings: Configuration) throws(SettingsProblem) -> [String]? {
        guard let text = settings.optionalText("origins") else { return nil }
        let origins = list(text)
        for origin in origins where !OriginPolicy.isOrigin(origin) {
            throw SettingsProblem(
                "--origins has `\(origin)`, but an origin is as https://app.example: scheme, host in lower case, no path"
            )
        }
        return origins
    }

    private static func rules(_ settings: Configuration) throws(SettingsProblem) -> TokenRules {
        var algorithms = TokenAlgorithm.asymmetric
        if let text = settings.optionalText("auth-algorithms") {
            algorithms = []
            for name in list(text) {
                guard let algorithm = TokenAlgorithm(rawValue: name) else {
                    let known = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                    throw SettingsProblem("--auth-algorithms has `\(name)`; it knows \(known)")
                }
                algorithms.insert(algorithm)
            }
            guard !algorithms.isEmpty else { throw SettingsProblem("--auth-algorithms names none") }
        }
        let leeway = settings.integer("auth-leeway")
        guard leeway <= 300_000 else { throw SettingsProblem("--auth-leeway is at most 5m") }
        return TokenRules(
            algorithms: algorithms, issuer: settings.optionalText("auth-issuer"),
            audience: settings.optionalText("auth-audience"), leewaySeconds: Double(leeway) / 1000,
            typesClaim: settings.text("auth-types-claim"))
    }

    private static func checked(_ url: String, _ rules: TokenRules) throws(SettingsProblem) -> String {
        let isPlain = url.hasPrefix("http://")
        guard isPlain || url.hasPrefix("https://"), !KeyFetcher.host(of: url).isEmpty, !url.contains("@") else {
            throw SettingsProblem("--auth-jwks-url is no https:// URL without a user in it")
        }
        guard !isPlain || LoopbackAddress.contains(KeyFetcher.host(of: url)) else {
            throw SettingsProblem(
                "--auth-jwks-url is http://: beyond loopback anybody on the way could give other keys")
        }
        guard !rules.algorithms.contains(.hs256) else {
            throw SettingsProblem(
                "--auth-algorithms has HS256, but a secret is not fetched: give it by --auth-key-file")
        }
        return url
    }

    private static func authorities(_ settings: Configuration) throws(SettingsProblem) -> [UInt8]? {
        guard let path = settings.optionalText("auth-jwks-ca") else { return nil }
        do throws(TLSConfigurationError) {
            _ = try TLSContext(serverName: "localhost", certificateAuthoritiesFile: path, verifiesCertificate: true)
        } catch {
            throw SettingsProblem("--auth-jwks-ca: \(error)")
        }
        guard case .success(let bytes) = FileReader.read(path) else {
            throw SettingsProblem("--auth-jwks-ca: the file \(path) can't be read")
        }
        return bytes
    }

    private static func keys(_ path: String, _ algorithms: Set<TokenAlgorithm>) throws(SettingsProblem) -> TokenKeys {
        guard case .success(var bytes) = FileReader.read(path) else {
            throw SettingsProblem("--auth-key-file: the file \(path) can't be read")
        }
        let keys: TokenKeys
        if bytes.first(where: { $0 > 0x20 }) == 0x7B {
            do throws(KeySetError) { keys = try KeySetDocument.keys(bytes, algorithms: algorithms) } catch {
                throw SettingsProblem("--auth-key-file: \(path): \(error)")
            }
        } else {
            let isPEM = String(decoding: bytes, as: UTF8.self).contains("-----BEGIN ")
            guard isPEM || algorithms == [.hs256] else {
                throw SettingsProblem(
                    """
                    --auth-key-file: \(path) is neither PEM nor JWKS; if it is a secret, say so by --auth-algorithms HS256
                    """)
            }
            // Editors end files with a line break; it is not a part of the secret.
            if !isPEM, bytes.last == 0x0A { bytes.removeLast() }
            do throws(SignatureKeyError) {
                let key = isPEM ? try SignatureKey(publicKeyPEM: bytes) : try SignatureKey(secret: bytes)
                keys = TokenKeys([TokenKey(key)])
            } catch {
                throw SettingsProblem("--auth-key-file: \(path): \(error)")
            }
        }
        // A public key is no secret, whatever --auth-algorithms says.
        guard keys.algorithms.isSubset(of: algorithms) else {
            let names = keys.algorithms.map(\.rawValue).joined(separator: ", ")
            throw SettingsProblem(
                "--auth-key-file: \(path) holds a key for \(names), which --auth-algorithms leaves out")
        }
        return keys
    }
}
