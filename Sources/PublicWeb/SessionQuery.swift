import Sessions

/// A request over HTTP about one session, or about those of one loop.
enum SessionQuery: Sendable {
    case post(EventsPost)
    /// What became of an event.
    case event(id: [UInt8], CorrelationID)
    case show(CorrelationID)
    case end(CorrelationID)
    case list(place: Int, max: Int)
}
