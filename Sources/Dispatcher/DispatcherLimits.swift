/// What a dispatcher process holds, and how long.
struct DispatcherLimits: Sendable {
    var bodyBytesMax = 8 * 1024 * 1024
    var batchEventsMax = 4096
    var prefetch = 2000
    var destinationsMax = 1024
    /// A larger one would make the POST too large that it goes with.
    var answerBytesMax = 4 * 1024 * 1024
    /// How long an event waits for a broker that can't be reached.
    var brokerWaitMilliseconds: UInt64 = 5000
    /// Before what the broker has refused is published again.
    var republishMilliseconds: UInt64 = 100
    /// How long an answer without an expiry is tried to be delivered.
    var answerLifetimeMilliseconds: UInt64 = 30_000
    var answerLifetimeMaxMilliseconds: UInt64 = 300_000
    /// Before an answer is offered again to a session whose client reads too slowly: at first, and at most.
    var retryMilliseconds: UInt64 = 50
    var retryMaxMilliseconds: UInt64 = 2000
    /// Answers that wait to be offered again; beyond it they are dead-lettered.
    var heldAnswersMax = 1024
}
