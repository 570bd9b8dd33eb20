/// How much may wait in a broker object for its outcome. Beyond, `publish` answers false.
public struct PublishLimits: Equatable, Sendable {
    public var eventsWaitingMax: Int
    public var bytesWaitingMax: Int
    /// Messages sent and not yet confirmed. At the limit what waits gathers into larger batches.
    public var messagesUnconfirmedMax: Int
    /// How long a group waits for a broker that can't be reached, unless its deadline comes first.
    public var unavailableGraceMilliseconds: Int

    public init(
        eventsWaitingMax: Int = 65_536, bytesWaitingMax: Int = 64 << 20, messagesUnconfirmedMax: Int = 1000,
        unavailableGraceMilliseconds: Int = 5000
    ) {
        self.eventsWaitingMax = eventsWaitingMax
        self.bytesWaitingMax = bytesWaitingMax
        self.messagesUnconfirmedMax = messagesUnconfirmedMax
        self.unavailableGraceMilliseconds = unavailableGraceMilliseconds
    }
}
