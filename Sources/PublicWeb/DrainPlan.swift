import Core

/// How a loop's sessions are sent away: each gets its own time for coming back, so that a restart makes no stampede.
struct DrainPlan {
    let startedAt: MonotonicInstant
    /// Pending answers are waited for so long, and reconnects are spread over as much.
    let spreadMilliseconds: UInt64
    /// At the beginning: the time is cut into as many slots.
    let connections: Int
    private var given = 0

    init(startedAt: MonotonicInstant, spreadMilliseconds: UInt64, connections: Int) {
        self.startedAt = startedAt
        self.spreadMilliseconds = spreadMilliseconds
        self.connections = connections
    }

    /// The next connection's time for coming back: at random within a slot that is its alone, so that any part of the
    /// time has its share of them. - Parameter random: any number.
    mutating func nextSlotMilliseconds(random: UInt64) -> UInt64 {
        let slot = Double(given % connections) + Double(random >> 11) / Double(1 << 53)
        given += 1
        return UInt64(slot / Double(connections) * Double(spreadMilliseconds))
    }
}
