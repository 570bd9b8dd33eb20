import Core

/// Why a dispatcher can't start.
public enum DispatcherError: Error, CustomStringConvertible {
    case system(SystemError)
    case needsSecret(host: String)

    public var description: String {
        switch self {
        case .system(let error): error.description
        case .needsSecret(let host):
            "the listener is to bind to \(host), beyond loopback: give --internal-secret, the same to all tiers"
        }
    }
}
