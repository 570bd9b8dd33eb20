import Core

/// Requests that were accepted: found by owner and event id. While they wait for their one answer they have a deadline;
/// afterwards they are remembered as long as their answer is.
///
/// A pure state machine: time is passed in. Not synchronised; it belongs to one thread. A class, so that looking at it through
/// its table does not count references of all that it has.
public final class PendingRequests {
    /// The waiting requests of one owner, kept with the owner.
    public struct List {
        fileprivate var head: Int32 = -1
        public fileprivate(set) var count: Int32 = 0
        public init() {}
    }

    /// Names a request; stale once it is forgotten.
    public struct RequestID: Hashable, Sendable {
        fileprivate let index: Int32
        fileprivate let generation: UInt32
    }

    /// Where the answer of an ended request is kept.
    public enum Place: Equatable, Sendable {
        /// In the session's stream, under its sequence.
        case stream(UInt64)
        /// Among the answers that went into HTTP responses, under its number there.
        case replies(UInt64)
    }

    public enum State: Equatable, Sendable {
        case waiting
        case ended(Place)
    }

    public enum Insertion: Equatable {
        case inserted(RequestID)
        /// The owner knows the id. `isSame`: it is the same event again, by its content.
        case duplicate(RequestID, State, isSame: Bool)
        case full
    }

    /// A request that has just got its answer. It is to be kept, or to be forgotten.
    public struct Settled: Equatable {
        public let request: RequestID
        /// Who waits for the answer, if not the owner: what was given with `insert` or `redirect`.
        public let waiter: UInt64
    }

    /// A request whose time is over. It still waits: its owner settles it.
    public struct Expired: Equatable {
        public let owner: UInt64
        public let request: RequestID
    }

    private struct Entry {
        var owner: UInt64 = 0
        var waiter: UInt64 = 0
        var id: [UInt8] = []
        var key: Int = 0
        var content: Int = 0
        var generation: UInt32 = 0
        var next: Int32 = -1
        var previous: Int32 = -1
        var timer: TimingWheel<RequestID>.TimerID?
        var timeline = UInt64.max
        var trace: UInt64 = 0
        /// Nil if the place is free.
        var state: State?
    }

    public let requestsMax: Int
    private var entries: [Entry] = []
    private var free: Int32 = -1
    private var places = HashIndex()
    private var wheel: TimingWheel<RequestID>
    private var due: [RequestID] = []
    /// Those of requests that were forgotten while they waited.
    private var abandoned: [UInt64] = []
    /// Those that wait.
    public private(set) var count = 0
    /// Those that have ended and are remembered.
    public private(set) var endedCount = 0

    public init(requestsMax: Int, now: MonotonicInstant) {
        self.requestsMax = requestsMax
        wheel = TimingWheel(now: now)
    }

    /// - Parameters:
    ///   - id: the event's id, decoded from JSON.
    ///   - content: a hash of what makes it the same event.
    ///   - waiter: who is to be given the answer, if not the owner; 0 for none.
    public func insert(
        owner: UInt64, list: inout List, id: UnsafeRawBufferPointer, content: Int = 0, deadline: MonotonicInstant,
        waiter: UInt64 = 0
    ) -> Insertion {
        let (key, found) = locate(owner, id)
        if let found {
            let request = RequestID(index: found, generation: entries[Int(found)].generation)
            return .duplicate(
                request, entries[Int(found)].state ?? .waiting, isSame: entries[Int(found)].content == content)
        }
        guard count < requestsMax else { return .full }
        let index = allocate()
        let request = RequestID(index: index, generation: entries[Int(index)].generation)
        let timer = wheel.schedule(request, at: deadline)
        let previousHead = list.head
        withEntry(index) { entry in
            entry.owner = owner
            entry.waiter = waiter
            entry.id = Array(id)
            entry.key = key
            entry.content = content
            entry.next = previousHead
            entry.previous = -1
            entry.timer = timer
            entry.timeline = .max
            entry.trace = 0
            entry.state = .waiting
        }
        if list.head >= 0 { entries[Int(list.head)].previous = index }
        list.head = index
        list.count += 1
        places.insert(index, hash: key)
        count += 1
        return .inserted(request)
    }

    /// The request with this id, and how it stands.
    public func find(owner: UInt64, id: UnsafeRawBufferPointer) -> (request: RequestID, state: State)? {
        guard let index = locate(owner, id).found, let state = entries[Int(index)].state else { return nil }
        return (RequestID(index: index, generation: entries[Int(index)].generation), state)
    }

    /// The id of a request's event; nil if it is forgotten.
    public func id(of request: RequestID) -> [UInt8]? { isCurrent(request) ? entries[Int(request.index)].id : nil }

    /// The number of the request's timeline; `.max` without one.
    public func timeline(of request: RequestID) -> UInt64 {
        isCurrent(request) ? entries[Int(request.index)].timeline : .max
    }

    public func setTimeline(_ number: UInt64, of request: RequestID) {
        if isCurrent(request) { entries[Int(request.index)].timeline = number }
    }

    /// What its owner keeps of the request's trace; 0 for nothing.
    public func trace(of request: RequestID) -> UInt64 { isCurrent(request) ? entries[Int(request.index)].trace : 0 }

    public func setTrace(_ number: UInt64, of request: RequestID) {
        if isCurrent(request) { entries[Int(request.index)].trace = number }
    }

    /// The traces of requests that `forgetAll` took since the last call.
    public func takeAbandonedTraces() -> [UInt64] {
        guard !abandoned.isEmpty else { return [] }
        defer { abandoned = [] }
        return abandoned
    }

    /// The hash that the request was inserted with.
    public func content(of request: RequestID) -> Int? {
        isCurrent(request) ? entries[Int(request.index)].content : nil
    }

    /// Who is to be given the answer of a request that waits; 0 for its owner.
    public func waiter(of request: RequestID) -> UInt64 {
        isWaiting(request) ? entries[Int(request.index)].waiter : 0
    }

    /// Another waiter instead of the one before, which is returned; nil if the request does not wait any more.
    public func redirect(_ request: RequestID, to waiter: UInt64) -> UInt64? {
        guard isWaiting(request) else { return nil }
        let before = entries[Int(request.index)].waiter
        entries[Int(request.index)].waiter = waiter
        return before
    }

    /// Ends the wait of the request with this id; nil if there is none: it was never asked, or answered before.
    public func settle(owner: UInt64, list: inout List, id: UnsafeRawBufferPointer) -> Settled? {
        guard let index = locate(owner, id).found else { return nil }
        return settle(RequestID(index: index, generation: entries[Int(index)].generation), list: &list)
    }

    /// Ends the request's wait; nil if it does not wait any more.
    public func settle(_ request: RequestID, list: inout List) -> Settled? {
        guard isWaiting(request) else { return nil }
        let index = Int(request.index)
        if let timer = entries[index].timer { wheel.cancel(timer) }
        unlink(index, from: &list)
        entries[index].timer = nil
        entries[index].state = .ended(.stream(0))
        count -= 1
        endedCount += 1
        return Settled(request: request, waiter: entries[index].waiter)
    }

    /// Remembers a settled request until it is forgotten.
    public func keep(_ request: RequestID, at place: Place) {
        guard isCurrent(request), !isWaiting(request) else { return }
        entries[Int(request.index)].state = .ended(place)
    }

    /// Its id may be used again.
    public func forget(_ request: RequestID) {
        guard isCurrent(request), !isWaiting(request) else { return }
        endedCount -= 1
        release(request.index)
    }

    /// Settles and forgets all of an owner's requests, which nobody waits for any more.
    public func forgetAll(of list: inout List) {
        while list.head >= 0 {
            let request = RequestID(index: list.head, generation: entries[Int(list.head)].generation)
            let trace = entries[Int(list.head)].trace
            if trace != 0 { abandoned.append(trace) }
            guard settle(request, list: &list) != nil else { return }
            forget(request)
        }
    }

    /// When `expire` has something to do next.
    public var nextDeadline: MonotonicInstant? { wheel.nextDeadline }

    public func expire(at now: MonotonicInstant, into expired: inout [Expired]) {
        wheel.advance(to: now, into: &due)
        for request in due where isWaiting(request) {
            entries[Int(request.index)].timer = nil
            expired.append(Expired(owner: entries[Int(request.index)].owner, request: request))
        }
        due.removeAll(keepingCapacity: due.count <= 1024)
    }

    private func isCurrent(_ request: RequestID) -> Bool {
        let index = Int(request.index)
        return index < entries.count && entries[index].generation == request.generation && entries[index].state != nil
    }

    private func isWaiting(_ request: RequestID) -> Bool {
        isCurrent(request) && entries[Int(request.index)].state == .waiting
    }

    /// A seeded hash, so that nobody can aim at a collision, and the request that has it.
    private func locate(_ owner: UInt64, _ id: UnsafeRawBufferPointer) -> (key: Int, found: Int32?) {
        var hasher = Hasher()
        hasher.combine(owner)
        hasher.combine(bytes: id)
        let key = hasher.finalize()
        let found = places.find(hash: key) { index in
            let at = Int(index)
            return entries[at].owner == owner && id.equals(entries[at].id)
        }
        return (key, found)
    }

    private func withEntry(_ index: Int32, _ body: (inout Entry) -> Void) { body(&entries[Int(index)]) }

    private func allocate() -> Int32 {
        if free >= 0 {
            let index = free
            free = entries[Int(index)].next
            return index
        }
        entries.append(Entry())
        return Int32(entries.count - 1)
    }

    private func unlink(_ index: Int, from list: inout List) {
        let (previous, next) = (entries[index].previous, entries[index].next)
        if previous >= 0 { entries[Int(previous)].next = next } else { list.head = next }
        if next >= 0 { entries[Int(next)].previous = previous }
        list.count -= 1
    }

    private func release(_ index: Int32) {
        places.remove(index, hash: entries[Int(index)].key)
        let nextFree = free
        withEntry(index) { entry in
            entry.id = []
            entry.state = nil
            entry.generation &+= 1
            entry.next = nextFree
        }
        free = index
    }
}
