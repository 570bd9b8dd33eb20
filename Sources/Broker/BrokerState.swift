/// How a broker object stands with its broker.
public enum BrokerState: String, CaseIterable, Sendable {
    case stopped, connecting, connected
    /// Connected, but the broker takes nothing for now (memory or disk alarm).
    case blocked
}
