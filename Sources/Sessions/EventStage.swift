/// How far an event has come, in the order of its way. Failures can come at any point.
public enum EventStage: UInt8, CaseIterable, Sendable {
    /// Taken from the client.
    case accepted
    /// On its way to the dispatcher.
    case forwarded
    /// The broker has confirmed it.
    case confirmed
    /// A service has taken it. By the service's clock.
    case consumed
    /// The service has answered. By the service's clock.
    case answered
    /// The answer has come back.
    case dispatched
    /// The answer was given to the client's connection, or its HTTP response.
    case pushed
    /// The client has said that it has the answer.
    case acknowledged
    /// It ended in an error.
    case failed

    public var name: String { "\(self)" }
}
