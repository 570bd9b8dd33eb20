import Core
import Reactor
import TierSecurity

/// Why a dispatcher can't start.
public enum DispatcherError: Error, CustomStringConvertible {
    case system(SystemError)
    case tls(TLSConfigurationError)
    case needsSecret(host: String)
    case weakSecret(host: String)
    case needsRestart

    public var description: String {
        switch self {
        case .system(let error): error.description
        case .tls(let error): error.description
        case .needsRestart: "whether there is TLS, and an internal secret, changes with a restart only"
        case .weakSecret(let host):
            """
            the listener is to bind to \(host), beyond loopback, with an internal secret of less than \
            \(TierSettings.secretBytesAdvised) bytes: make one, as by `openssl rand -hex 32`
            """
        case .needsSecret(let host):
            "the listener is to bind to \(host), beyond loopback: give --internal-secret, the same to all tiers"
        }
    }
}
