import Core
import Sessions

/// What became of an event that a client sent.
enum Acceptance {
    /// It will end in exactly one answer or one error.
    case accepted
    /// The same event came before and still waits for its answer.
    case stillWaiting(PendingRequests.RequestID)
    /// The same event came before and has its answer.
    case ended(PendingRequests.Place)
    case refused(Problem)
}
