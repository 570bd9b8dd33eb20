/// What sessions hold, and how long (milliseconds).
public struct SessionLimits: Sendable {
    /// Without a connection, a session lives so long.
    public var lingerMilliseconds: UInt64 = 120_000
    /// Of one session; beyond any of the three the oldest events go.
    public var replayEventsMax = 1000
    public var replayBytesMax = 1024 * 1024
    public var replayMilliseconds: UInt64 = 120_000
    /// Of all sessions of a loop together; beyond it the session that adds an event drops its own oldest.
    public var replayTotalBytesMax = 256 * 1024 * 1024
    public var sessionsMax = 1 << 20
    public var requestsMax = 262_144
    /// Events whose timelines are kept, the newest.
    public var timelinesMax = 16_384
    /// Output of a session that waits for its connection: above it for `outputSoftMilliseconds`, or above the hard limit
    /// at all, the connection is too slow and goes.
    public var outputSoftBytesMax = 256 * 1024
    public var outputSoftMilliseconds: UInt64 = 10_000
    public var outputHardBytesMax = 1024 * 1024
    /// A connection is given events while less than this waits in it.
    public var outputWindowBytes = 128 * 1024

    public init() {}
}
