import Core

/// A request that waits for its answer.
struct PendingRequest {
    let at: MonotonicInstant
    let wallNanoseconds: UInt64
    /// The event, to be sent again if need be.
    let bytes: [UInt8]
    /// Requests are sent again in their order.
    let number: Int
    /// The socket that it went out on last.
    var socket: Int?
}
