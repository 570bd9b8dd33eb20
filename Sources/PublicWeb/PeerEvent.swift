import CloudEvents

/// An event of a dispatched batch that is another loop's to deliver: where it stands in the batch's bytes, which the
/// loops share.
struct PeerEvent: Sendable {
    let envelope: EventEnvelope
    /// Of whom it is for.
    let handle: UInt64
    /// In the batch.
    let position: Int
}
