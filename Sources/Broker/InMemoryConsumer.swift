/// A consumer of the in-memory hub and what it has not settled.
struct InMemoryConsumer {
    let queue: String
    let prefetch: Int
    let suspectReturns: Int?
    var lastTag: UInt64 = 0
    var unsettled: [UInt64: InMemoryMessage] = [:]
}
