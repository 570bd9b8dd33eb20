/// What becomes of a request that a client makes.
public enum RequestAdmission: Equatable {
    /// It waits for its answer from now on.
    case inserted(PendingRequests.RequestID)
    /// The same came before and still waits for its answer.
    case stillWaiting(PendingRequests.RequestID)
    /// The same came before and has its answer.
    case ended(PendingRequests.Place)
    /// Its id was used for another event.
    case idInUse
    /// Its owner waits for as many answers as it may.
    case tooMany
    /// The table holds as many requests as it may.
    case full
}
