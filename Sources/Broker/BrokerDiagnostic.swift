/// Something an operator should know of. Logged by the program; `kind` is the identity, the text is for people.
public struct BrokerDiagnostic: Sendable, CustomStringConvertible {
    /// The raw value is a metric label, so it never changes.
    public enum Kind: String, CaseIterable, Sendable {
        case connected
        case connectFailed = "connect-failed"
        case accessRefused = "access-refused"
        case connectionLost = "connection-lost"
        case channelClosed = "channel-closed"
        case topologyRefused = "topology-refused"
        case consumerCancelled = "consumer-cancelled"
        case blocked
        case unblocked
        case messageTooLarge = "message-too-large"
        case acknowledgementDropped = "acknowledgement-dropped"

        /// Whether it is a part of normal life.
        public var isRoutine: Bool { self == .connected || self == .unblocked }
    }

    public let kind: Kind
    public let text: String

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    public var description: String { text }
}
