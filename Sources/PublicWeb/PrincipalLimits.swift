/// What each principal may do, over all loops.
struct PrincipalLimits: Equatable, Sendable {
    /// Sending at so many times the rate is abuse.
    static let abuseFactor = 10

    var connectionsMax = 100
    /// A session outlives its connection for a while, so that it can be resumed. Somebody who leaves one after the other
    /// must not fill the table.
    static let sessionsPerConnection = 10
    var sessionsMax: Int { connectionsMax * Self.sessionsPerConnection }
    /// HTTP requests that wait for their answers: as many as for sessions.
    var requestsMax: Int { sessionsMax }
    /// 0: as many as it likes.
    var eventsPerSecond = 1000
    var eventsBurst = 2000
    /// The event types of those whose token lists none.
    var types = EventTypes.all
    var principalsMax = 1_000_000
}
