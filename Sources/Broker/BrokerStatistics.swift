/// Counts since the broker object was made, for metrics. A message carries one or more events.
public struct BrokerStatistics: Equatable, Sendable {
    /// Messages and events handed to the broker; what was published again counts again.
    public var messagesPublished: UInt64 = 0
    public var eventsPublished: UInt64 = 0
    public var bytesPublished: UInt64 = 0
    public var messagesConfirmed: UInt64 = 0
    public var messagesReturned: UInt64 = 0
    public var messagesNegativelyConfirmed: UInt64 = 0
    /// Groups that ended in `.unavailable` and `.expired`.
    public var groupsUnavailable: UInt64 = 0
    public var groupsExpired: UInt64 = 0
    /// Groups refused because the queue was full.
    public var groupsRefused: UInt64 = 0

    public var messagesConsumed: UInt64 = 0
    public var bytesConsumed: UInt64 = 0
    public var messagesRedelivered: UInt64 = 0
    public var messagesAcknowledged: UInt64 = 0
    public var messagesRejected: UInt64 = 0

    /// Connections established; the first one of each kind included.
    public var connects: UInt64 = 0
    public var connectionsLost: UInt64 = 0

    /// Posted and without an outcome yet.
    public var eventsWaiting = 0
    public var bytesWaiting = 0
    /// Delivered, neither acknowledged nor rejected yet.
    public var messagesUnsettled = 0

    public init() {}
}
