import Core

/// The timelines of the newest so many events, found by id. Older ones are overwritten. Not synchronised.
///
/// Events come by the ten thousand a second and questions now and then: so there is no index to keep, and to find one looks
/// at a tag of each, which takes some microseconds.
public final class TimelineStore {
    public let eventsMax: Int
    private var ring: [EventTimeline] = []
    /// By principal, correlation id and id; as the ring.
    private var ownedTags: [UInt32] = []
    /// By principal and id, of those that are found without a correlation id; else 0.
    private var openTags: [UInt32] = []
    /// Of the next event; an event's place in the ring follows from its number.
    private var nextNumber: UInt64 = 0

    /// - Parameter eventsMax: 0 keeps none.
    public init(eventsMax: Int) { self.eventsMax = eventsMax }

    public var count: Int { ring.count }

    /// - Parameters:
    ///   - principal: who sent it; nil for anybody.
    ///   - isOpen: it is also found by its id alone: it is no session's that somebody has.
    /// - Returns: the event's number, for what follows.
    public func begin(
        id: UnsafeRawBufferPointer, correlationID: CorrelationID, owner: UInt64, acceptedAt: UInt64,
        principal: [UInt8]? = nil, isOpen: Bool = false
    ) -> UInt64 {
        guard eventsMax > 0 else { return 0 }
        let number = nextNumber
        let place = Int(number % UInt64(eventsMax))
        let timeline = EventTimeline(
            id: Array(id), correlationID: correlationID, owner: owner, principal: principal, acceptedAt: acceptedAt,
            isOpen: isOpen)
        let owned = Self.tag(id, correlationID, principal)
        let open = isOpen ? Self.tag(id, nil, principal) : 0
        if place < ring.count {
            ring[place] = timeline
            ownedTags[place] = owned
            openTags[place] = open
        } else {
            ring.append(timeline)
            ownedTags.append(owned)
            openTags.append(open)
        }
        nextNumber += 1
        return number
    }

    /// Seeded: ids come from clients, who could else make many look alike. Of all that is asked for: many with one id are not
    /// to be looked at for a principal who has none of them.
    private static func tag(
        _ id: UnsafeRawBufferPointer, _ correlationID: CorrelationID?, _ principal: [UInt8]?
    ) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(bytes: id)
        if let correlationID { hasher.combine(correlationID) }
        if let principal { hasher.combine(principal) }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    /// Nothing happens if the event was overwritten.
    public func mark(_ number: UInt64, _ stage: EventStage, at time: UInt64) {
        if let place = place(of: number) { ring[place].mark(stage, at: time) }
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
        let tag = id.withUnsafeBytes { Self.tag($0, correlationID, principal) }
        let newest = place(of: nextNumber &- 1).map { $0 + 1 } ?? 0
        return (correlationID == nil ? openTags : ownedTags).withUnsafeBufferPointer { tags in
            for places in [0..<newest, newest..<tags.count] {
                var end = places.upperBound
                while let place = Self.lastPlace(of: tag, in: tags[places.lowerBound..<end]) {
                    let event = ring[place]
                    if event.id == id, event.principal == principal,
                        correlationID.map({ event.correlationID == $0 }) ?? event.isOpen
                    {
                        return event
                    }
                    end = place
                }
            }
            return nil
        }
    }

    private static func lastPlace(of tag: UInt32, in tags: Slice<UnsafeBufferPointer<UInt32>>) -> Int? {
        let wanted = SIMD16(repeating: tag)
        var end = tags.endIndex
        while end - tags.startIndex >= wanted.scalarCount {
            let chunk = UnsafeRawBufferPointer(
                UnsafeBufferPointer(rebasing: tags[(end - wanted.scalarCount)..<end]))
            if any(chunk.loadUnaligned(as: SIMD16<UInt32>.self) .== wanted) { break }
            end -= wanted.scalarCount
        }
        return tags[..<end].lastIndex(of: tag)
    }

    private func place(of number: UInt64) -> Int? {
        guard eventsMax > 0, number < nextNumber, nextNumber - number <= UInt64(eventsMax) else { return nil }
        return Int(number % UInt64(eventsMax))
    }
}
