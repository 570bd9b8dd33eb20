import HTTPClient
import Reactor

/// What a tier's files came to.
public struct LoadedTierTLS: Sendable {
    /// Of the internal listener; nil: it is in the clear.
    public internal(set) var server: TLSContext?
    /// Of calls to other tiers.
    public internal(set) var policy = ConnectionPolicy(usesProxy: false)
}
