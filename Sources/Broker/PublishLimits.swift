/// How much may wait in a broker object for its outcome. Beyond, `publish` answers false.
public struct PublishLimits: Equatable, Sendable {
    public var eventsWaitingMax: Int
    public var bytesWaitingMax: Int
    /// Messages sent and not yet confirmed. A route may have as many of them as are left: half of all if it is alone. So one
    /// whose queue confirms nothing leaves room for the others. At its limit what waits gathers into larger batches.
    public var messagesUnconfirmedMax: Int
    /// How long a confirm that nobody waits for any more may take, until the connection is given up for a new one.
    public var confirmMillisecondsMax: Int
    /// How long a group waits for a broker that can't be reached, unless its deadline comes first.
    public var unavailableGraceMilliseconds: Int

    public init(
        eventsWaitingMax: Int = 65_536, bytesWaitingMax: Int = 64 << 20, messagesUnconfirmedMax: Int = 128,
        confirmMillisecondsMax: Int = 60_000, unavailableGraceMilliseconds: Int = 5000
    ) {
        self.eventsWaitingMax = eventsWaitingMax
        self.bytesWaitingMax = bytesWaitingMax
        self.messagesUnconfirmedMax = messagesUnconfirmedMax
        self.confirmMillisecondsMax = confirmMillisecondsMax
        self.unavailableGraceMilliseconds = unavailableGraceMilliseconds
    }
}
