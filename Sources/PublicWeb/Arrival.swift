import Telemetry

/// How an event came in, and what that means for its answer.
struct Arrival {
    /// Who is to be given the answer, if not the owner; 0 for none.
    var waiter: UInt64 = 0
    var keepsCorrelationID = false
    var isOverHTTP = false
    /// Its timeline is found by the event's id alone.
    var isOpen = false
    /// Of the HTTP request that it came with.
    var trace = PropagatedContext()
    /// Who sends it; nil in open mode.
    var principal: [UInt8]?
}
