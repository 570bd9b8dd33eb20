import Core

/// One or more events for one route, answered by one outcome. The broker may send it merged with other groups of the same
/// route, or split over several messages.
public struct PublishGroup: Sendable {
    public let route: BrokerRoute
    /// The events as JSON text, separated by one comma each, without brackets.
    public let events: [UInt8]
    /// Where each event ends in `events`, ascending; the next begins one byte later, after the comma.
    public let ends: [Int32]
    /// From posting until the events are of no use. What waits longer ends in `.expired`; what is in a queue longer is
    /// dead-lettered. A message that carries several groups lives as long as the one that lives longest.
    public let expirationMilliseconds: UInt32?
    /// Of the first event. A message that carries several events uses the first one's type, time and trace only.
    public let metadata: EventMetadata?
    /// Until when to wait for the broker.
    public let deadline: MonotonicInstant

    public init(
        route: BrokerRoute, events: [UInt8], ends: [Int32], expirationMilliseconds: UInt32? = nil,
        metadata: EventMetadata? = nil, deadline: MonotonicInstant
    ) {
        precondition(!ends.isEmpty && Int(ends[ends.count - 1]) == events.count, "the last event ends with the bytes")
        var previous: Int32 = -1
        for end in ends {
            precondition(end > previous, "ends ascend")
            previous = end
        }
        self.route = route
        self.events = events
        self.ends = ends
        self.expirationMilliseconds = expirationMilliseconds
        self.metadata = metadata
        self.deadline = deadline
    }

    /// A single event.
    public init(
        route: BrokerRoute, event: [UInt8], expirationMilliseconds: UInt32? = nil, metadata: EventMetadata? = nil,
        deadline: MonotonicInstant
    ) {
        self.init(
            route: route, events: event, ends: [Int32(event.count)], expirationMilliseconds: expirationMilliseconds,
            metadata: metadata, deadline: deadline)
    }

    func start(ofEvent index: Int) -> Int { index == 0 ? 0 : Int(ends[index - 1]) + 1 }

    func end(ofEvent index: Int) -> Int { Int(ends[index]) }
}
