import Sessions

/// What a public-web process holds, and how long.
struct PublicWebLimits: Sendable {
    var messageBytesMax = 64 * 1024
    var batchEventsMax = 256
    var inFlightPerSessionMax = 1024
    var sessions = SessionLimits()
    var principals = PrincipalLimits()
    /// Of an event for a session's stream: it must fit into what may wait for a client, with what waits already.
    var streamedEventBytesMax: Int { sessions.outputHardBytesMax / 2 }
    var pingIntervalMilliseconds: UInt64 = 25_000
    var pongTimeoutMilliseconds: UInt64 = 10_000
    var requestDeadlineMilliseconds: UInt64 = 30_000
    var requestDeadlineMaxMilliseconds: UInt64 = 300_000
    /// How long an event waits for a dispatcher that can't be reached.
    var dispatcherWaitMilliseconds: UInt64 = 5000
    var echoMessageBytesMax = 64 * 1024 * 1024
    /// After a drain, how long clients have to answer the close frame.
    var closeAnswerMilliseconds: UInt64 = 2000
    var internalBodyBytesMax = 8 * 1024 * 1024
    /// Of a batch of answers.
    var internalBatchEventsMax = 4096
}
