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
    /// By the server, or with code nil because the connection ended without a close frame.
    case closed(code: UInt16?, reason: String)
    /// The server did not do as it should; the link is of no more use.
    case failed(String)
}
