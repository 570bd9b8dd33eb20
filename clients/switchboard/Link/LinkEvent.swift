import CloudEvents

/// What a link tells its user.
enum LinkEvent {
    /// The session has begun.
    case opened(Event)
    case answer(Answer)
    /// `id` is the request's, nil if it is none of ours.
    case problem(id: String?, RequestProblem)
    /// An event that answers nothing we asked.
    case push(Event)
    /// The connection is gone; a new one is tried after so long.
    case lost(String, retryMilliseconds: UInt64)
    /// A try failed; the next one comes after so long.
    case retrying(String, retryMilliseconds: UInt64)
    /// The session is connected again.
    case resumed(Resumption)
    /// A new session is connected in place of the lost one, whose requests end in problems of their own.
    case renewed(Event, formerSession: String, awayMilliseconds: UInt64)
    /// Events of these sequences were sent and have not come.
    case gap(ClosedRange<UInt64>)
    /// The link is of no more use.
    case ended(String)
}
