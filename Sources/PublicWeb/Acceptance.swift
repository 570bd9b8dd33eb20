import Core

/// What became of an event that a client sent.
enum Acceptance {
    /// It will end in exactly one answer or one error.
    case accepted
    /// Its id is still waiting for its answer, so this one is ignored.
    case duplicate
    case refused(Problem)
}
