/// Where an answer, or a push, goes.
public enum AnswerRoute: Equatable {
    /// Nowhere: nobody waits for it, or not any more. At least once becomes exactly once here.
    case unexpected
    /// To the waiter of a request, who is still here.
    case waiter(UInt64, PendingRequests.RequestID)
    /// Into the session's stream, ending a request; nil for a push.
    case stream(ending: PendingRequests.RequestID?)
    /// Nowhere now: the session's connection lags behind. It is to be offered again later.
    case tooSlow
}
