import Core

/// What became of an event that the dispatcher brought.
enum DeliveryOutcome {
    case delivered
    /// Nobody waits for it any more, or it was there before. It is dropped, and for the dispatcher it is settled.
    case unexpected
    /// The dispatcher is told, and deals with it.
    case refused(Problem)

    var problem: Problem? {
        if case .refused(let problem) = self { problem } else { nil }
    }
}
