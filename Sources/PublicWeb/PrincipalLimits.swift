/// What each principal may do, over all loops.
struct PrincipalLimits: Sendable {
    /// Sending at so many times the rate is abuse.
    static let abuseFactor = 10

    var connectionsMax = 100
    /// 0: as many as it likes.
    var eventsPerSecond = 1000
    var eventsBurst = 2000
    /// The event types of those whose token lists none.
    var types = EventTypes.all
    var principalsMax = 1_000_000
}
