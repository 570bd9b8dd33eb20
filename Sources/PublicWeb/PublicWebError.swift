import Core
import Reactor

/// Why public-web can't start.
public enum PublicWebError: Error, CustomStringConvertible {
    case system(SystemError)
    case tls(TLSConfigurationError)
    case needsSecret(host: String)
    case needsAuthentication(host: String)

    public var description: String {
        switch self {
        case .system(let error): error.description
        case .tls(let error): error.description
        case .needsAuthentication(let host):
            """
            the public listener is to bind to \(host), beyond loopback, and lets everybody in: give --auth-key-file or \
            --auth-jwks-url, or, if that is what you want, --open-to-all
            """
        case .needsSecret(let host):
            "the internal listener is to bind to \(host), beyond loopback: give --internal-secret, the same to all tiers"
        }
    }
}
