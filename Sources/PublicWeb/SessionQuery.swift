import Sessions

/// A request over HTTP about one session, or about those of one loop.
enum SessionQuery: Sendable {
    case post(EventsPost)
    /// What became of an event of the principal's: of that session, or of any if none is named. `left` more loops can be
    /// asked.
    case event(id: [UInt8], CorrelationID?, principal: [UInt8]?, left: Int)
    case show(CorrelationID)
    case end(CorrelationID)
    case list(place: Int, max: Int)
}
