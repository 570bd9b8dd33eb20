import Core

/// The timelines of the newest so many events, found by id. Older ones are overwritten. Not synchronised.
public struct TimelineStore {
    public let eventsMax: Int
    private var ring: [EventTimeline] = []
    private var index = HashIndex()
    /// Of the next event; an event's place in the ring follows from its number.
    private var nextNumber: UInt64 = 0

    /// - Parameter eventsMax: 0 keeps none.
    public init(eventsMax: Int) { self.eventsMax = eventsMax }

    public var count: Int { ring.count }

    /// - Returns: the event's number, for what follows.
    public mutating func begin(
        id: UnsafeRawBufferPointer, correlationID: CorrelationID, owner: UInt64, acceptedAt: UInt64
    ) -> UInt64 {
        guard eventsMax > 0 else { return 0 }
        let timeline = EventTimeline(
            id: Array(id), correlationID: correlationID, owner: owner, acceptedAt: acceptedAt)
        let place = Int(nextNumber % UInt64(eventsMax))
        if place < ring.count {
            let gone = Self.hash(ring[place].id)
            index.remove(Int32(place), hash: gone) { [ring] in Self.hash(ring[Int($0)].id) }
            ring[place] = timeline
        } else {
            ring.append(timeline)
        }
        index.insert(Int32(place), hash: Self.hash(timeline.id)) { [ring] in Self.hash(ring[Int($0)].id) }
        nextNumber += 1
        return nextNumber - 1
    }

    /// Nothing happens if the event was overwritten.
    public mutating func mark(_ number: UInt64, _ stage: EventStage, at time: UInt64) {
        if let place = place(of: number) { ring[place].mark(stage, at: time) }
    }

    public mutating func fail(_ number: UInt64, problem: String, at time: UInt64) {
        guard let place = place(of: number) else { return }
        ring[place].mark(.failed, at: time)
        ring[place].problem = problem
    }

    public subscript(number: UInt64) -> EventTimeline? { place(of: number).map { ring[$0] } }

    /// The newest event with that id, of that session if it is given.
    public func find(id: [UInt8], of correlationID: CorrelationID?) -> EventTimeline? {
        var newest: EventTimeline?
        _ = index.find(hash: Self.hash(id)) { place in
            let candidate = ring[Int(place)]
            let isWanted =
                candidate.id == id && (correlationID.map { candidate.correlationID == $0 } ?? true)
                && candidate.times[0] >= newest?.times[0] ?? 0
            if isWanted { newest = candidate }
            // Every one with that id is looked at.
            return false
        }
        return newest
    }

    private func place(of number: UInt64) -> Int? {
        guard eventsMax > 0, number < nextNumber, nextNumber - number <= UInt64(eventsMax) else { return nil }
        return Int(number % UInt64(eventsMax))
    }

    private static func hash(_ id: [UInt8]) -> Int {
        var hasher = Hasher()
        id.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
