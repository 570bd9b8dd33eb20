import Core

/// How a loop's sessions are sent away: each gets its own time for coming back, so that a restart makes no stampede.
struct DrainPlan {
    let startedAt: MonotonicInstant
    /// Pending answers are waited for so long, and reconnects are spread over as much.
    let spreadMilliseconds: UInt64

    func slotMilliseconds(random: UInt64) -> UInt64 { random % max(spreadMilliseconds, 1) }
}
