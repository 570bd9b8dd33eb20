/// A broker configuration that can't work, found before anything is started.
public enum BrokerConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformedURL(String)
    case unknownScheme(String)
    case malformedTopology(String)
    case outOfRange(String)
    case noThread(String)

    public var description: String {
        switch self {
        case .malformedURL(let url): "not an AMQP URL (amqp://user:password@host:port/vhost): \(url)"
        case .unknownScheme(let scheme): "the broker URL's scheme is \(scheme), not amqp or amqps"
        case .malformedTopology(let reason): "the topology can't be declared: \(reason)"
        case .outOfRange(let reason): reason
        case .noThread(let reason): "the broker can't start: \(reason)"
        }
    }
}
