import Core

/// Requests that were accepted and wait for their one answer: found by owner and event id, given up at their deadline.
///
/// A pure state machine: time is passed in. Not synchronised; it belongs to one thread.
public struct PendingRequests {
    /// The requests of one owner, kept with the owner.
    public struct List {
        fileprivate var head: Int32 = -1
        public fileprivate(set) var count: Int32 = 0
        public init() {}
    }

    /// Names a request; stale once it is settled.
    public struct RequestID: Hashable, Sendable {
        fileprivate let index: Int32
        fileprivate let generation: UInt32
    }

    public enum Insertion: Equatable {
        case inserted(RequestID)
        /// The owner already waits for an answer to this id.
        case duplicate
        case full
    }

    /// A request whose time is over. It is still pending: its owner settles it.
    public struct Expired: Equatable {
        public let owner: UInt64
        public let request: RequestID
    }

    private struct Entry {
        var owner: UInt64 = 0
        var id: [UInt8] = []
        var key: Int = 0
        var generation: UInt32 = 0
        var next: Int32 = -1
        var previous: Int32 = -1
        var timer: TimingWheel<RequestID>.TimerID?
        var isUsed = false
    }

    public let requestsMax: Int
    private var entries: [Entry] = []
    private var free: Int32 = -1
    private var places: [Int: Int32] = [:]
    private var wheel: TimingWheel<RequestID>
    private var due: [RequestID] = []
    public private(set) var count = 0

    public init(requestsMax: Int, now: MonotonicInstant) {
        self.requestsMax = requestsMax
        wheel = TimingWheel(now: now)
    }

    /// - Parameter id: the event's id, decoded from JSON.
    public mutating func insert(
        owner: UInt64, list: inout List, id: UnsafeRawBufferPointer, deadline: MonotonicInstant
    ) -> Insertion {
        let (key, found) = locate(owner, id)
        if found != nil { return .duplicate }
        guard count < requestsMax else { return .full }
        let index = allocate()
        let request = RequestID(index: index, generation: entries[Int(index)].generation)
        let timer = wheel.schedule(request, at: deadline)
        let previousHead = list.head
        withEntry(index) { entry in
            entry.owner = owner
            entry.id = Array(id)
            entry.key = key
            entry.next = previousHead
            entry.previous = -1
            entry.timer = timer
            entry.isUsed = true
        }
        if list.head >= 0 { entries[Int(list.head)].previous = index }
        list.head = index
        list.count += 1
        places[key] = index
        count += 1
        return .inserted(request)
    }

    /// Settles the request with this id; false if there is none: it was never asked, or answered before.
    public mutating func settle(owner: UInt64, list: inout List, id: UnsafeRawBufferPointer) -> Bool {
        guard let index = locate(owner, id).found else { return false }
        remove(index, from: &list)
        return true
    }

    /// Settles the request and returns its event id; nil if it is settled already.
    public mutating func settle(_ request: RequestID, list: inout List) -> [UInt8]? {
        guard isCurrent(request) else { return nil }
        let id = entries[Int(request.index)].id
        remove(request.index, from: &list)
        return id
    }

    /// Settles all of an owner's requests, which nobody waits for any more.
    public mutating func settleAll(of list: inout List) {
        while list.head >= 0 { remove(list.head, from: &list) }
    }

    public mutating func expire(at now: MonotonicInstant, into expired: inout [Expired]) {
        wheel.advance(to: now, into: &due)
        for request in due where isCurrent(request) {
            entries[Int(request.index)].timer = nil
            expired.append(Expired(owner: entries[Int(request.index)].owner, request: request))
        }
        due.removeAll(keepingCapacity: due.count <= 1024)
    }

    private func isCurrent(_ request: RequestID) -> Bool {
        let index = Int(request.index)
        return index < entries.count && entries[index].generation == request.generation && entries[index].isUsed
    }

    /// The key under which the id stands, or would stand. Keys are seeded hashes, so that nobody can aim at a collision;
    /// when two ids collide all the same, the later one takes the next free key.
    private func locate(_ owner: UInt64, _ id: UnsafeRawBufferPointer) -> (key: Int, found: Int32?) {
        var hasher = Hasher()
        hasher.combine(owner)
        hasher.combine(bytes: id)
        var key = hasher.finalize()
        while let index = places[key] {
            let entry = entries[Int(index)]
            if entry.owner == owner, entry.id.elementsEqual(id) { return (key, index) }
            key &+= 1
        }
        return (key, nil)
    }

    private mutating func withEntry(_ index: Int32, _ body: (inout Entry) -> Void) { body(&entries[Int(index)]) }

    private mutating func allocate() -> Int32 {
        if free >= 0 {
            let index = free
            free = entries[Int(index)].next
            return index
        }
        entries.append(Entry())
        return Int32(entries.count - 1)
    }

    private mutating func remove(_ index: Int32, from list: inout List) {
        let entry = entries[Int(index)]
        if let timer = entry.timer { wheel.cancel(timer) }
        if entry.previous >= 0 { entries[Int(entry.previous)].next = entry.next } else { list.head = entry.next }
        if entry.next >= 0 { entries[Int(entry.next)].previous = entry.previous }
        list.count -= 1
        places[entry.key] = nil
        count -= 1
        closeGap(after: entry.key)
        let nextFree = free
        withEntry(index) { entry in
            entry.id = []
            entry.timer = nil
            entry.isUsed = false
            entry.generation &+= 1
            entry.next = nextFree
        }
        free = index
    }

    /// An id that had to take a later key because of the removed one would not be found any more: it moves back.
    private mutating func closeGap(after key: Int) {
        var next = key &+ 1
        while let index = places[next] {
            places[next] = nil
            let entry = entries[Int(index)]
            let home = entry.id.withUnsafeBytes { locate(entry.owner, $0).key }
            entries[Int(index)].key = home
            places[home] = index
            next &+= 1
        }
    }
}
