/// What a load has done so far. `sent` is the sum of answered, errors, lost, and what still waits.
struct LoadCounters: Equatable {
    var sent: UInt64 = 0
    var answered: UInt64 = 0
    /// Within the measured time, whenever they were due.
    var answeredInWindow: UInt64 = 0
    /// Requests that ended in a problem.
    var errors: UInt64 = 0
    /// Requests that nobody answered.
    var lost: UInt64 = 0
    /// Second answers.
    var duplicates: UInt64 = 0
    /// Answers to nothing that was asked, and what is no answer at all.
    var unknown: UInt64 = 0
    /// Requests that were due and could not be sent in time.
    var unsent: UInt64 = 0

    var opened: UInt64 = 0
    /// Sessions that never opened.
    var failed: UInt64 = 0
    /// Sessions that were open once and not at the end.
    var missing: UInt64 = 0
    /// Connections that ended before they were meant to.
    var disconnects: UInt64 = 0
    var resumed: UInt64 = 0
    /// Sessions that were gone when their client came back.
    var renewed: UInt64 = 0
    /// Resumed sessions for which some events were not there any more.
    var incomplete: UInt64 = 0
    /// Answers that came after a resumption and were sent before it.
    var replayed: UInt64 = 0
    /// Requests that were sent again after a resumption.
    var resent: UInt64 = 0

    var outstanding: UInt64 { sent - min(sent, answered + errors + lost) }
    /// All that has an end.
    var ended: UInt64 { answered + errors + lost + unsent }
}
