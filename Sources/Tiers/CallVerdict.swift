import Core

/// What a call between the tiers is found to be.
public enum CallVerdict: String, CaseIterable, Sendable {
    case accepted
    /// It has no signature.
    case unsigned
    /// Its signature is no such text.
    case malformed
    /// It was signed too long ago, or too far in the future.
    case outsideWindow = "outside_window"
    /// It was not signed with the secret, or is not what was signed.
    case wrongSignature = "wrong_signature"
    /// It was accepted before.
    case replayed

    /// What the caller is told; nil if it is accepted.
    public var problem: Problem? {
        switch self {
        case .accepted: nil
        case .replayed: Problem(.replayedCall, "A call with this signature was made before.")
        case .unsigned, .malformed, .outsideWindow, .wrongSignature:
            Problem(.unauthenticated, "The signature is missing, wrong or too old.")
        }
    }
}
