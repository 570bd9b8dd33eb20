import Crypto

/// A key that tokens are checked with, and the name it has in them.
public struct TokenKey: Sendable {
    /// Nil: it is the only one, whatever the token says.
    public let id: String?
    let key: SignatureKey

    public init(id: String? = nil, _ key: SignatureKey) {
        self.id = id
        self.key = key
    }

    public var algorithm: TokenAlgorithm { TokenAlgorithm(key.kind) }
}
