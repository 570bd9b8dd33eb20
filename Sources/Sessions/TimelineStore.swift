import Core

/// The timelines of the newest so many events, found by id. Older ones are overwritten. Not synchronised.
///
/// Events come by the ten thousand a second and questions now and then: so there is no index to keep, and to find one looks
/// at a tag of each, which takes some microseconds.
public final class TimelineStore {
    /// Of two hashes a half each: of id and correlation id, and of the id alone.
    private struct Tag {
        let owned: UInt32
        let open: UInt32
    }

    public let eventsMax: Int
    private var ring: [EventTimeline] = []
    private var tags: [Tag] = []
    /// Of the next event; an event's place in the ring follows from its number.
    private var nextNumber: UInt64 = 0

    /// - Parameter eventsMax: 0 keeps none.
    public init(eventsMax: Int) { self.eventsMax = eventsMax }

    public var count: Int { ring.count }

    /// - Parameter isOpen: it is also found by its id alone: it is no session's that somebody has.
    /// - Returns: the event's number, for what follows.
    public func begin(
        id: UnsafeRawBufferPointer, correlationID: CorrelationID, owner: UInt64, acceptedAt: UInt64,
        isOpen: Bool = false
    ) -> UInt64 {
        guard eventsMax > 0 else { return 0 }
        let number = nextNumber
        let place = Int(number % UInt64(eventsMax))
        let timeline = EventTimeline(
            id: Array(id), correlationID: correlationID, owner: owner, acceptedAt: acceptedAt, isOpen: isOpen)
        let tag = Tag(owned: Self.hash(id, correlationID), open: isOpen ? Self.hash(id, nil) : 0)
        if place < ring.count {
            ring[place] = timeline
            tags[place] = tag
        } else {
            ring.append(timeline)
            tags.append(tag)
        }
        nextNumber += 1
        return number
    }

    /// Seeded: ids come from clients, who could else make many look alike.
    private static func hash(_ id: UnsafeRawBufferPointer, _ correlationID: CorrelationID?) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(bytes: id)
        if let correlationID { hasher.combine(correlationID) }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    /// Nothing happens if the event was overwritten.
    public func mark(_ number: UInt64, _ stage: EventStage, at time: UInt64) {
        if let place = place(of: number) { ring[place].mark(stage, at: time) }
    }

    public func setPrincipal(_ number: UInt64, _ principal: [UInt8]) {
        if let place = place(of: number) { ring[place].principal = principal }
    }

    public func setTrace(_ number: UInt64, high: UInt64, low: UInt64) {
        if let place = place(of: number) { ring[place].traceID = (high, low) }
    }

    public func fail(_ number: UInt64, problem: String, at time: UInt64) {
        guard let place = place(of: number) else { return }
        ring[place].mark(.failed, at: time)
        ring[place].problem = problem
    }

    public subscript(number: UInt64) -> EventTimeline? { place(of: number).map { ring[$0] } }

    /// When an event reached a stage, without a copy of it all.
    public func time(of stage: EventStage, _ number: UInt64) -> UInt64? {
        place(of: number).flatMap { ring[$0].time(of: stage) }
    }

    /// The principal's newest event with that id: of that session, or of those that are found by their id alone.
    public func find(id: [UInt8], of correlationID: CorrelationID?, by principal: [UInt8]?) -> EventTimeline? {
        let hash = id.withUnsafeBytes { Self.hash($0, correlationID) }
        for back in 1...UInt64(max(ring.count, 1)) where back <= nextNumber {
            let place = Int((nextNumber - back) % UInt64(eventsMax))
            guard (correlationID == nil ? tags[place].open : tags[place].owned) == hash, ring[place].id == id,
                ring[place].principal == principal
            else { continue }
            if let correlationID {
                if ring[place].correlationID == correlationID { return ring[place] }
            } else if ring[place].isOpen {
                return ring[place]
            }
        }
        return nil
    }

    private func place(of number: UInt64) -> Int? {
        guard eventsMax > 0, number < nextNumber, nextNumber - number <= UInt64(eventsMax) else { return nil }
        return Int(number % UInt64(eventsMax))
    }
}
