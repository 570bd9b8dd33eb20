import Broker

/// What broker threads and the process tell the dispatcher's loop.
enum DispatcherMessage: Sendable {
    /// A group of a POST's events, named by their positions in it.
    case published(post: UInt64, indices: [Int], PublishOutcome)
    case delivered([DeliveredMessage])
    /// An answer that could not be delivered was parked among the dead letters, or not.
    case deadLettered(delivery: UInt64, PublishOutcome)
    case drain
    case stop
}
