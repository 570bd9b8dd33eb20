import Broker
import Core

/// A message of the broker's whose events are being delivered.
struct TrackedDelivery {
    enum Verdict { case acknowledge, requeue }

    let tag: DeliveryTag
    var eventsOutstanding: Int
    let takenAt: MonotonicInstant
    /// A service failed on its events, and their clients are told.
    var isDeadLetter = false
    var verdict = Verdict.acknowledge
}
