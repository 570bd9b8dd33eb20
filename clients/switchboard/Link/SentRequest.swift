import Core

/// When a request that waits for its answer was sent.
struct SentRequest {
    let at: MonotonicInstant
    let wallNanoseconds: UInt64
}
