/// The requests of one session that wait for their answers, and what each answer answers.
///
/// A request's number names its slot and how often the slot was used before: a slot is used again only after its answer,
/// so a second answer is told from one to nothing that was ever asked, without a memory of every number.
struct RequestLedger {
    enum Verdict: Equatable {
        case answered(intended: UInt64, isTraced: Bool)
        /// It was answered before.
        case duplicate
        /// It was never asked.
        case unknown
    }

    private struct Slot {
        /// When it was due.
        var intended: UInt64 = 0
        /// Of the request that it carries, or will carry next.
        var generation: UInt32 = 0
        var isPending = false
        var isTraced = false
    }

    /// Numbers are made with this one: it does not change when `limit` does.
    private static let slotsMax: UInt64 = 1024
    /// Of a number.
    static let numberMax = UInt64(UInt32.max) * slotsMax + slotsMax - 1

    /// How many may wait at once.
    private(set) var limit: Int
    private var slots: [Slot] = []
    private var free: [UInt16] = []
    private(set) var pendingCount = 0

    init(limit: Int) { self.limit = min(max(limit, 1), Int(Self.slotsMax)) }

    var hasRoom: Bool { pendingCount < limit }

    mutating func lowerLimit(to limit: Int) { self.limit = max(1, min(self.limit, limit)) }

    /// The number of a new request; nil if there is no room for one.
    mutating func begin(intended: UInt64, isTraced: Bool) -> UInt64? {
        guard hasRoom else { return nil }
        let index: Int
        if let last = free.popLast() {
            index = Int(last)
        } else {
            index = slots.count
            slots.append(Slot())
        }
        slots[index].intended = intended
        slots[index].isTraced = isTraced
        slots[index].isPending = true
        pendingCount += 1
        return UInt64(slots[index].generation) * Self.slotsMax + UInt64(index)
    }

    mutating func end(_ number: UInt64) -> Verdict {
        let index = Int(number % Self.slotsMax)
        guard index < slots.count else { return .unknown }
        let (generation, slot) = (number / Self.slotsMax, slots[index])
        if generation < UInt64(slot.generation) { return .duplicate }
        guard generation == UInt64(slot.generation), slot.isPending else { return .unknown }
        release(index)
        return .answered(intended: slot.intended, isTraced: slot.isTraced)
    }

    private mutating func release(_ index: Int) {
        slots[index].isPending = false
        slots[index].generation &+= 1
        free.append(UInt16(index))
        pendingCount -= 1
    }

    func forEachPending(_ body: (_ number: UInt64) -> Void) {
        for (index, slot) in slots.enumerated() where slot.isPending {
            body(UInt64(slot.generation) * Self.slotsMax + UInt64(index))
        }
    }

    /// Nobody will answer them any more. - Returns: how many.
    mutating func abandonAll() -> Int {
        let count = pendingCount
        for index in slots.indices where slots[index].isPending { release(index) }
        return count
    }
}
