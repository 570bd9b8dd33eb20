/// An exchange to be declared.
public struct Exchange: Equatable, Sendable {
    public enum Kind: String, Sendable { case topic, direct, fanout }

    public let name: String
    public let kind: Kind
    public let isDurable: Bool

    public init(name: String, kind: Kind, isDurable: Bool = true) {
        self.name = name
        self.kind = kind
        self.isDurable = isDurable
    }
}
