/// What became of a wish for a session.
public enum SessionOpening {
    case opened(Session, Details)
    case refused(Refusal)

    public struct Details: Equatable, Sendable {
        /// It is the session that was asked for.
        public let isResumed: Bool
        /// Everything that the client misses follows.
        public let isRecovered: Bool
        /// Without recovery: the first event that is still there and follows.
        public let first: UInt64?
        /// The connection that the session had until now; 0 for none. Its owner closes it.
        public let takenOver: UInt64
    }

    public enum Refusal: Equatable, Sendable {
        /// It has a connection, or another principal holds it.
        case held
        /// The session that the client had is gone, and one of the same name has a connection. That may be an earlier one of
        /// this client's, whose end was not noticed yet.
        case heldForNow
        case wrongToken
        case full
    }
}
