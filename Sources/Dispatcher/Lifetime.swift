import CloudEvents
import Core

/// How long an event still is of use.
enum Lifetime {
    /// Nil if its time is over. An unreadable `expirytime` counts as none: services may write what they like.
    static func milliseconds(
        of envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, wallNanoseconds: UInt64, default: UInt64,
        max: UInt64
    ) -> UInt64? {
        guard let text = envelope.value(.expirytime, in: bytes), let expiry = RFC3339.parse(text) else {
            return `default`
        }
        guard expiry > wallNanoseconds else { return nil }
        return Swift.min((expiry - wallNanoseconds) / 1_000_000, max)
    }
}
