import TierSecurity

/// What a dispatcher process knows of certificates, the secret and the types that it routes, and can be told anew while it
/// runs.
struct DispatcherSecurity: Sendable {
    let tier: LoadedTierTLS
    let internalSecret: [UInt8]?
    let routes: RoutingTable
}
