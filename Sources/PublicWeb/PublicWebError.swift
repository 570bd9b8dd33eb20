import Core
import Reactor
import TierSecurity

/// Why public-web can't start.
public enum PublicWebError: Error, CustomStringConvertible {
    case system(SystemError)
    case tls(TLSConfigurationError)
    case needsSecret(host: String)
    case weakSecret(host: String)
    case needsAuthentication(host: String)
    case needsRestart

    public var description: String {
        switch self {
        case .system(let error): error.description
        case .tls(let error): error.description
        case .needsAuthentication(let host):
            """
            the public listener is to bind to \(host), beyond loopback, and lets everybody in: give --auth-key-file or \
            --auth-jwks-url or --tls-client-ca, or, if that is what you want, --open-to-all
            """
        case .needsRestart:
            """
            whether there is TLS, an internal secret, how clients say who they are, the rules for their tokens and their \
            limits change with a restart only
            """
        case .weakSecret(let host):
            """
            the internal listener is to bind to \(host), beyond loopback, with an internal secret of less than \
            \(TierSettings.secretBytesAdvised) bytes: make one, as by `openssl rand -hex 32`
            """
        case .needsSecret(let host):
            "the internal listener is to bind to \(host), beyond loopback: give --internal-secret, the same to all tiers"
        }
    }
}
