import Core

/// The timelines of the newest so many events, found by id. Older ones are overwritten. Not synchronised.
public struct TimelineStore {
    /// How an event is found: as its owner's, or by its id alone.
    private enum Key: Int32, CaseIterable { case owned, open }

    public let eventsMax: Int
    private var ring: [EventTimeline] = []
    /// Of each key the newest event: twice its place in the ring, and which key.
    private var index = HashIndex()
    /// Of the next event; an event's place in the ring follows from its number.
    private var nextNumber: UInt64 = 0

    /// - Parameter eventsMax: 0 keeps none.
    public init(eventsMax: Int) { self.eventsMax = min(eventsMax, Int(Int32.max) / 2) }

    public var count: Int { ring.count }

    /// - Parameter isOpen: it is also found by its id alone: it is no session's that somebody has.
    /// - Returns: the event's number, for what follows.
    public mutating func begin(
        id: UnsafeRawBufferPointer, correlationID: CorrelationID, owner: UInt64, acceptedAt: UInt64,
        isOpen: Bool = false
    ) -> UInt64 {
        guard eventsMax > 0 else { return 0 }
        let number = nextNumber
        let place = Int(number % UInt64(eventsMax))
        let timeline = EventTimeline(
            id: Array(id), correlationID: correlationID, owner: owner, acceptedAt: acceptedAt,
            hash: Self.hash(id, correlationID), isOpen: isOpen)
        if place < ring.count {
            forget(place)
            ring[place] = timeline
        } else {
            ring.append(timeline)
        }
        enter(place, .owned, timeline.hash)
        if isOpen { enter(place, .open, Self.hash(id, nil)) }
        nextNumber += 1
        return number
    }

    /// An older event of the same key is not found any more.
    private mutating func enter(_ place: Int, _ key: Key, _ hash: Int) {
        let entry = Int32(place) * 2 + key.rawValue
        let older = index.find(hash: hash) { other in
            let at = Int(other >> 1)
            return other & 1 == key.rawValue && (key == .open || ring[at].hash == hash) && ring[at].id == ring[place].id
                && (key == .open || ring[at].correlationID == ring[place].correlationID)
        }
        if let older { index.remove(older, hash: hash) }
        index.insert(entry, hash: hash)
    }

    private mutating func forget(_ place: Int) {
        index.remove(Int32(place) * 2, hash: ring[place].hash)
        if ring[place].isOpen {
            index.remove(Int32(place) * 2 + 1, hash: ring[place].id.withUnsafeBytes { Self.hash($0, nil) })
        }
    }

    /// Seeded: ids come from clients.
    private static func hash(_ id: UnsafeRawBufferPointer, _ correlationID: CorrelationID?) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: id)
        if let correlationID { hasher.combine(correlationID) }
        return hasher.finalize()
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

    /// When an event reached a stage, without a copy of it all.
    public func time(of stage: EventStage, _ number: UInt64) -> UInt64? {
        place(of: number).flatMap { ring[$0].time(of: stage) }
    }

    /// The newest event with that id: of that session, or of those that are found by their id alone.
    public func find(id: [UInt8], of correlationID: CorrelationID?) -> EventTimeline? {
        let key: Key = correlationID == nil ? .open : .owned
        let entry = index.find(hash: id.withUnsafeBytes { Self.hash($0, correlationID) }) { entry in
            let at = Int(entry >> 1)
            return entry & 1 == key.rawValue && ring[at].id == id
                && (correlationID == nil || ring[at].correlationID == correlationID)
        }
        return entry.map { ring[Int($0 >> 1)] }
    }

    private func place(of number: UInt64) -> Int? {
        guard eventsMax > 0, number < nextNumber, nextNumber - number <= UInt64(eventsMax) else { return nil }
        return Int(number % UInt64(eventsMax))
    }
}
