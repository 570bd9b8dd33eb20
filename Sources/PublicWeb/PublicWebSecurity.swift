import Reactor
import TierSecurity

/// What a public-web process knows of certificates, secrets and pages, and can be told anew while it runs.
struct PublicWebSecurity: Sendable {
    /// Of the public listener; nil: it is in the clear.
    let tls: TLSContext?
    let tier: LoadedTierTLS
    let internalSecret: [UInt8]?
    let origins: OriginPolicy
    /// Who may sign the certificate of the URL that keys are fetched from, PEM; nil: the authorities of the system.
    let keyAuthorities: [UInt8]?
}
