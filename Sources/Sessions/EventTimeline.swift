/// When an event reached which stage, in nanoseconds of wall time; 0 for not at all.
public struct EventTimeline: Sendable {
    public let id: [UInt8]
    public let correlationID: CorrelationID
    /// Of the session or exchange that asked.
    public let owner: UInt64
    /// It is also found by its id alone.
    let isOpen: Bool
    public private(set) var times = InlineArray<9, UInt64>(repeating: 0)
    /// Of its trace, if that is recorded; 0 otherwise.
    public internal(set) var traceID: (high: UInt64, low: UInt64) = (0, 0)
    /// Who sent it; nil for anybody.
    public let principal: [UInt8]?
    /// What kind of problem it failed with.
    public internal(set) var problem: String?

    init(
        id: [UInt8], correlationID: CorrelationID, owner: UInt64, principal: [UInt8]?, acceptedAt: UInt64, isOpen: Bool
    ) {
        self.isOpen = isOpen
        self.principal = principal
        self.id = id
        self.correlationID = correlationID
        self.owner = owner
        times[0] = acceptedAt
    }

    public func time(of stage: EventStage) -> UInt64? {
        let time = times[Int(stage.rawValue)]
        return time == 0 ? nil : time
    }

    /// `pending`, `answered` or `failed`: what the client was told, if anything.
    public var state: String {
        if time(of: .failed) != nil || problem != nil { return "failed" }
        return time(of: .dispatched) != nil ? "answered" : "pending"
    }

    /// Each stage counts the first time.
    mutating func mark(_ stage: EventStage, at time: UInt64) {
        if times[Int(stage.rawValue)] == 0 { times[Int(stage.rawValue)] = time }
    }
}
