import Broker
import Core

/// What broker threads and the process tell the dispatcher's loop.
enum DispatcherMessage: Sendable {
    /// What became of a group of a POST's events.
    case published(group: UInt64, PublishOutcome)
    case delivered([DeliveredMessage])
    /// An answer that could not be delivered was parked among the dead letters, or not.
    case deadLettered(delivery: UInt64, PublishOutcome)
    /// Certificates, the secret and routes, for connections and calls from now on.
    case reload(DispatcherSecurity)
    /// Counts the loops that take no more events.
    case drain(Mutex<Int>)
    case stop
}
