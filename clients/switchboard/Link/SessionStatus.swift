import Core

/// A session as it is now.
struct SessionStatus: Equatable {
    enum Connection: Equatable {
        case open(since: MonotonicInstant)
        case away(since: MonotonicInstant, retryAt: MonotonicInstant)
        /// A try is under way.
        case connecting(since: MonotonicInstant)
        case ended
    }

    let correlationID: String
    let instance: String?
    let connection: Connection
    /// Of the last event that has come.
    let sequence: UInt64?
    let acknowledged: UInt64
    let pending: Int
}
