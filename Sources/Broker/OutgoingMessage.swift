import Core

/// A message as it is published, with the groups whose events it carries.
final class OutgoingMessage {
    let route: BrokerRoute
    let body: [UInt8]
    let eventCount: Int
    /// Of the first event, if it carries the beginning of a group that has metadata.
    let metadata: EventMetadata?
    /// Nil if one of its groups never expires.
    let expiresAt: MonotonicInstant?
    let groups: [PendingGroup]
    /// Where it waited, and where it counts while it is unconfirmed.
    let backlog: RouteBacklog
    var publishedAt = MonotonicInstant(nanoseconds: 0)
    /// Returned by the broker as unroutable; its confirm is still to come.
    var isReturned = false
    var isSettled = false

    init(
        route: BrokerRoute, body: [UInt8], eventCount: Int, metadata: EventMetadata?, expiresAt: MonotonicInstant?,
        groups: [PendingGroup], backlog: RouteBacklog
    ) {
        self.route = route
        self.body = body
        self.eventCount = eventCount
        self.metadata = metadata
        self.expiresAt = expiresAt
        self.groups = groups
        self.backlog = backlog
    }

    var contentType: String { eventCount == 1 ? ContentType.single : ContentType.batch }

    /// Whether it has no outcome yet, and one is still of interest to anyone.
    var isWanted: Bool { !isSettled && groups.contains { !$0.isSettled } }
}
