import Crypto

/// The keys that tokens are checked with. A token says which one; the key says how.
public struct TokenKeys: Sendable {
    public let keys: [TokenKey]

    public init(_ keys: [TokenKey]) { self.keys = keys }

    public var algorithms: Set<TokenAlgorithm> { Set(keys.map(\.algorithm)) }

    func key(id: String?, for algorithm: TokenAlgorithm) throws(TokenError) -> SignatureKey {
        let candidates = candidates(id)
        let found = candidates.filter { $0.algorithm == algorithm }
        // Without a name it must be clear which one is meant: trying them all would let anybody make us work.
        if found.count == 1 { return found[0].key }
        throw found.isEmpty && !candidates.isEmpty ? .wrongAlgorithm : .unknownKey
    }

    /// Those of that name, or else those without one, which go by any.
    private func candidates(_ id: String?) -> [TokenKey] {
        guard let id else { return keys }
        let named = keys.filter { $0.id.map { $0.utf8.elementsEqual(id.utf8) } == true }
        return named.isEmpty ? keys.filter { $0.id == nil } : named
    }
}
