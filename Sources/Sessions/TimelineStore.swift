/// The timelines of the newest so many events, found by id. Older ones are overwritten. Not synchronised.
public struct TimelineStore {
    /// Of an event: its id, and whose it is; nil for one that is found by its id alone.
    private struct Key: Hashable {
        let id: [UInt8]
        let correlationID: CorrelationID?
    }

    public let eventsMax: Int
    private var ring: [EventTimeline] = []
    /// The newest event of each key.
    private var numbers: [Key: UInt64] = [:]
    /// Of the next event; an event's place in the ring follows from its number.
    private var nextNumber: UInt64 = 0

    /// - Parameter eventsMax: 0 keeps none.
    public init(eventsMax: Int) { self.eventsMax = eventsMax }

    public var count: Int { ring.count }

    /// - Parameter isOpen: it is also found by its id alone: it is no session's that somebody has.
    /// - Returns: the event's number, for what follows.
    public mutating func begin(
        id: UnsafeRawBufferPointer, correlationID: CorrelationID, owner: UInt64, acceptedAt: UInt64,
        isOpen: Bool = false
    ) -> UInt64 {
        guard eventsMax > 0 else { return 0 }
        let number = nextNumber
        let timeline = EventTimeline(
            id: Array(id), correlationID: correlationID, owner: owner, acceptedAt: acceptedAt)
        let place = Int(number % UInt64(eventsMax))
        if place < ring.count {
            forget(ring[place], number: number - UInt64(eventsMax))
            ring[place] = timeline
        } else {
            ring.append(timeline)
        }
        numbers[Key(id: timeline.id, correlationID: correlationID)] = number
        if isOpen { numbers[Key(id: timeline.id, correlationID: nil)] = number }
        nextNumber += 1
        return number
    }

    private mutating func forget(_ timeline: EventTimeline, number: UInt64) {
        for key in [
            Key(id: timeline.id, correlationID: timeline.correlationID), Key(id: timeline.id, correlationID: nil),
        ] where numbers[key] == number {
            numbers[key] = nil
        }
    }

    /// Nothing happens if the event was overwritten.
    public mutating func mark(_ number: UInt64, _ stage: EventStage, at time: UInt64) {
        if let place = place(of: number) { ring[place].mark(stage, at: time) }
    }

    public mutating func setTrace(_ number: UInt64, high: UInt64, low: UInt64) {
        if let place = place(of: number) { ring[place].traceID = (high, low) }
    }

    public mutating func fail(_ number: UInt64, problem: String, at time: UInt64) {
        guard let place = place(of: number) else { return }
        ring[place].mark(.failed, at: time)
        ring[place].problem = problem
    }

    public subscript(number: UInt64) -> EventTimeline? { place(of: number).map { ring[$0] } }

    /// The newest event with that id: of that session, or of those that are found by their id alone.
    public func find(id: [UInt8], of correlationID: CorrelationID?) -> EventTimeline? {
        numbers[Key(id: id, correlationID: correlationID)].flatMap { self[$0] }
    }

    private func place(of number: UInt64) -> Int? {
        guard eventsMax > 0, number < nextNumber, nextNumber - number <= UInt64(eventsMax) else { return nil }
        return Int(number % UInt64(eventsMax))
    }
}
