import Configuration
import Core
import Program
import Tiers

/// What the tiers can be told of each other: by what they know that a call is another tier's.
public enum TierSettings {
    /// A shorter secret could be found by trying.
    public static let secretBytesAdvised = 16

    public static let settings = [
        Setting(
            "internal-secret", .secret,
            """
            Shared by all tiers; signs the calls between them. Without it internal listeners bind to loopback only. Each \
            line is a secret: the first signs, and all are accepted.
            """),
        Setting(
            "internal-tls-cert", .text,
            """
            This tier's certificate chain for the other tiers, a PEM file: the internal listener's, which then speaks \
            TLS, and shown with calls to others.
            """),
        Setting("internal-tls-key", .text, "The certificate's key, a PEM file."),
        Setting(
            "internal-tls-ca", .text,
            """
            Who may sign the tiers' certificates, a PEM file: calls to https:// tiers trust these alone, and the internal \
            listener takes connections only from clients with such a certificate.
            """),
    ]

    /// Nil without a secret.
    public static func secret(_ settings: Configuration) throws(SettingsProblem) -> [UInt8]? {
        guard let text = settings.optionalText("internal-secret") else { return nil }
        let secret = Array(text.utf8)
        guard InternalAuthenticator.secrets(in: secret).allSatisfy({ !$0.isEmpty }) else {
            throw SettingsProblem("--internal-secret is empty: make one, as by `openssl rand -hex 32`")
        }
        return secret
    }

    public static func tls(_ settings: Configuration) throws(SettingsProblem) -> TierTLS {
        let result = TierTLS(
            certificateFile: settings.optionalText("internal-tls-cert"),
            keyFile: settings.optionalText("internal-tls-key"),
            authoritiesFile: settings.optionalText("internal-tls-ca"))
        guard (result.certificateFile == nil) == (result.keyFile == nil) else {
            throw SettingsProblem("--internal-tls-cert and --internal-tls-key belong together")
        }
        return result
    }

    /// A tier's URL, without a slash at its end.
    public static func url(_ text: String, of name: String) throws(SettingsProblem) -> String {
        let isURL = text.hasPrefix("http://") || text.hasPrefix("https://")
        guard isURL, !Authority(ofURL: text).host.isEmpty else {
            throw SettingsProblem("--\(name) `\(RedactedURL.text(text))` is no http:// or https:// URL")
        }
        // It stands in logs and error texts.
        guard !text.contains("@") else {
            throw SettingsProblem("--\(name) has a user in it; tiers know each other by --internal-secret")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// Whether one of the secrets is too short for a network.
    public static func isShort(_ secret: [UInt8]) -> Bool {
        InternalAuthenticator.secrets(in: secret).contains { $0.count < secretBytesAdvised }
    }

    /// What is not wrong, and should be better all the same.
    public static func warnings(_ secret: [UInt8]?) -> [String] {
        secret.map(isShort) == true
            ? ["--internal-secret has less than \(secretBytesAdvised) bytes: make one, as by `openssl rand -hex 32`"]
            : []
    }
}
