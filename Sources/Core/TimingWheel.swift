/// A hierarchical timing wheel: scheduling and cancelling cost O(1), whatever the number of timers.
///
/// Four levels of 64 slots; a slot of level n spans 64ⁿ ticks. A timer never fires early; it fires at most one tick late.
/// Deadlines beyond the last level (about three days at 16 ms) are kept in its last slot and sorted in again from there.
/// Not synchronised: it belongs to one thread. Time is passed in.
public struct TimingWheel<Payload> {
    /// Names a scheduled timer; stale once it fired or was cancelled.
    public struct TimerID: Hashable, Sendable {
        let index: Int32
        let generation: UInt32

        /// For whom an optional's further byte is too much.
        public static var none: TimerID { TimerID(index: -1, generation: 0) }
        public var orNil: TimerID? { index < 0 ? nil : self }
    }

    private struct Node {
        var payload: Payload?
        /// The low half: timers lie less far ahead than it reaches.
        var tick: UInt32 = 0
        var next: Int32 = -1
        var previous: Int32 = -1
        var generation: UInt32 = 0
        /// `dueSlot` while it is due and was not taken.
        var slot: Int16 = -1
    }

    private static var levels: Int { 4 }
    private static var slotBits: UInt64 { 6 }
    private static var slots: Int { 64 }
    /// A timer further ahead (a year at 16 ms) fires then.
    private static var ticksMax: UInt64 { UInt64(Int32.max) }
    private static var dueSlot: Int16 { -2 }

    public let tickNanoseconds: UInt64
    private var nodes: [Node] = []
    private var free: Int32 = -1
    private var heads: [Int32]
    private var occupied: [UInt64]
    private var currentTick: UInt64
    public private(set) var count = 0

    public init(now: MonotonicInstant, tickMilliseconds: UInt64 = 16) {
        tickNanoseconds = tickMilliseconds * 1_000_000
        currentTick = now.nanoseconds / tickNanoseconds
        heads = [Int32](repeating: -1, count: Self.levels * Self.slots)
        occupied = [UInt64](repeating: 0, count: Self.levels)
    }

    /// Room for so many timers, which costs nothing before it is used. Without it they move each time their number doubles.
    public mutating func reserveCapacity(_ count: Int) { nodes.reserveCapacity(count) }

    public mutating func schedule(_ payload: Payload, at deadline: MonotonicInstant) -> TimerID {
        let (rounded, overflowed) = deadline.nanoseconds.addingReportingOverflow(tickNanoseconds - 1)
        let tick = (overflowed ? deadline.nanoseconds : rounded) / tickNanoseconds
        let index = allocate()
        nodes[Int(index)].payload = payload
        nodes[Int(index)].tick = UInt32(
            truncatingIfNeeded: min(max(tick, currentTick + 1), currentTick + Self.ticksMax))
        link(index)
        count += 1
        return TimerID(index: index, generation: nodes[Int(index)].generation)
    }

    /// False if it fired or was cancelled before.
    @discardableResult
    public mutating func cancel(_ timer: TimerID) -> Bool {
        guard Int(timer.index) < nodes.count, nodes[Int(timer.index)].generation == timer.generation else {
            return false
        }
        if nodes[Int(timer.index)].slot != Self.dueSlot { unlink(timer.index) }
        release(timer.index)
        return true
    }

    /// Appends the payloads of all timers that are due, in the order of their ticks.
    public mutating func advance(to now: MonotonicInstant, into payloads: inout [Payload]) {
        var due: [TimerID] = []
        advance(to: now, into: &due)
        for timer in due { if let payload = take(timer) { payloads.append(payload) } }
    }

    /// The payload of a timer that is due, which is used up by that; nil if it was cancelled since.
    public mutating func take(_ timer: TimerID) -> Payload? {
        guard nodes[Int(timer.index)].generation == timer.generation else { return nil }
        let payload = nodes[Int(timer.index)].payload
        release(timer.index)
        return payload
    }

    /// Appends all timers that are due, in the order of their ticks: each is to be taken, and can be cancelled until then.
    public mutating func advance(to now: MonotonicInstant, into due: inout [TimerID]) {
        let target = now.nanoseconds / tickNanoseconds
        while currentTick < target {
            if count == 0 {
                currentTick = target
                return
            }
            currentTick += 1
            cascade()
            let slot = Int(currentTick & UInt64(Self.slots - 1))
            while heads[slot] >= 0 {
                let index = heads[slot]
                unlink(index)
                nodes[Int(index)].slot = Self.dueSlot
                due.append(TimerID(index: index, generation: nodes[Int(index)].generation))
            }
        }
    }

    /// When `advance` has to be called next, at the latest: not later than the earliest deadline. Nil without timers.
    ///
    /// A slot of a higher level can come before all of the lower levels': its timers may be due as soon as it begins.
    public var nextDeadline: MonotonicInstant? {
        guard count > 0 else { return nil }
        var earliest = UInt64.max
        for level in 0..<Self.levels where occupied[level] != 0 {
            let shift = Self.slotBits * UInt64(level)
            let position = currentTick >> shift
            let rotation = (position + 1) & UInt64(Self.slots - 1)
            let rotated = occupied[level] >> rotation | (rotation == 0 ? 0 : occupied[level] << (64 - rotation))
            earliest = min(earliest, (position + 1 + UInt64(rotated.trailingZeroBitCount)) << shift)
        }
        return MonotonicInstant(nanoseconds: earliest.multipliedReportingOverflow(by: tickNanoseconds).partialValue)
    }

    /// When the position within a level wraps, the next slot of the level above is spread over the levels below it.
    private mutating func cascade() {
        var level = 1
        while level < Self.levels, currentTick & ((1 << (Self.slotBits * UInt64(level))) - 1) == 0 {
            let position = Int(currentTick >> (Self.slotBits * UInt64(level)) & UInt64(Self.slots - 1))
            let slot = level * Self.slots + position
            var index = heads[slot]
            heads[slot] = -1
            occupied[level] &= ~(1 << UInt64(position))
            while index >= 0 {
                let next = nodes[Int(index)].next
                link(index)
                index = next
            }
            level += 1
        }
    }

    private mutating func link(_ index: Int32) {
        let distance = Int32(bitPattern: nodes[Int(index)].tick &- UInt32(truncatingIfNeeded: currentTick))
        let ahead = UInt64(max(distance, 0))
        let tick = currentTick + ahead
        var level = 0
        while level < Self.levels - 1, ahead >= 1 << (Self.slotBits * UInt64(level + 1)) { level += 1 }
        let shift = Self.slotBits * UInt64(level)
        let furthest = (currentTick >> shift) + UInt64(Self.slots - 1)
        let position = Int(min(tick >> shift, furthest) & UInt64(Self.slots - 1))
        let slot = level * Self.slots + position
        let head = heads[slot]
        nodes[Int(index)].slot = Int16(slot)
        nodes[Int(index)].next = head
        nodes[Int(index)].previous = -1
        if head >= 0 { nodes[Int(head)].previous = index }
        heads[slot] = index
        occupied[level] |= 1 << UInt64(position)
    }

    private mutating func unlink(_ index: Int32) {
        let node = nodes[Int(index)]
        if node.previous >= 0 { nodes[Int(node.previous)].next = node.next } else { heads[Int(node.slot)] = node.next }
        if node.next >= 0 { nodes[Int(node.next)].previous = node.previous }
        if heads[Int(node.slot)] < 0 {
            occupied[Int(node.slot) / Self.slots] &= ~(1 << UInt64(Int(node.slot) % Self.slots))
        }
    }

    private mutating func allocate() -> Int32 {
        if free >= 0 {
            let index = free
            free = nodes[Int(index)].next
            return index
        }
        nodes.append(Node())
        return Int32(nodes.count - 1)
    }

    private mutating func release(_ index: Int32) {
        nodes[Int(index)].payload = nil
        nodes[Int(index)].generation &+= 1
        nodes[Int(index)].next = free
        free = index
        count -= 1
    }
}
