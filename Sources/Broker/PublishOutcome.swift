/// What became of a published group. The raw value is a metric label, so it never changes.
public enum PublishOutcome: String, CaseIterable, Sendable {
    /// The broker has taken responsibility for all of it.
    case confirmed
    /// No queue takes the route's events.
    case unroutable
    /// The broker refused it (negative confirm), for example because a queue is full.
    case rejected
    /// The broker closes the channel for it: it is over a limit, or nobody may publish there. Another try is of no use.
    case refused
    /// No broker until the group's deadline or the grace period. After a connection was lost between publish and confirm
    /// the events may have arrived all the same.
    case unavailable
    /// It waited longer than its expiration.
    case expired

    /// A group of several messages ends as its worst part did.
    private var severity: Int {
        switch self {
        case .confirmed: 0
        case .unroutable: 1
        case .expired: 2
        case .rejected: 3
        case .refused: 4
        case .unavailable: 5
        }
    }

    func worse(_ other: PublishOutcome) -> PublishOutcome { severity >= other.severity ? self : other }
}
