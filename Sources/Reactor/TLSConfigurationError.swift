/// Why a listener can't offer TLS.
public enum TLSConfigurationError: Error, Equatable, CustomStringConvertible {
    case certificate(file: String, reason: String)
    case key(file: String, reason: String)
    case authorities(file: String, reason: String)
    case library(String)

    public var description: String {
        switch self {
        case .certificate(let file, let reason): "the TLS certificate in \(file) can't be used: \(reason)"
        case .key(let file, let reason): "the TLS key in \(file) can't be used: \(reason)"
        case .authorities(let file, let reason): "the certificate authorities in \(file) can't be used: \(reason)"
        case .library(let reason): "OpenSSL: \(reason)"
        }
    }
}
