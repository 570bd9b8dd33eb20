/// The states of a session as its table tells them apart.
enum SessionState: String, CaseIterable {
    /// Nobody has asked for it yet.
    case none
    /// It has connection 1, which was given everything: 3 events, of which 1 is acknowledged.
    case caughtUp
    /// The same, but the connection was given only the first of the three.
    case lagging
    /// It was resumed by connection 2 after 1, which was given 2 since.
    case replaying
    /// It has no connection any more.
    case detached
    /// Nor that, and a request waits.
    case detachedWaiting
    /// Of 6 events it could keep only 4, and none was acknowledged.
    case detachedDropped
    /// It was ended, by its name and token.
    case gone
}
