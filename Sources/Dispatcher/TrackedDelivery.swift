import Broker
import Core

/// A message of the broker's whose events are being delivered.
struct TrackedDelivery {
    enum Verdict { case acknowledge, requeue }

    let tag: DeliveryTag
    var eventsOutstanding: Int
    let takenAt: MonotonicInstant
    var verdict = Verdict.acknowledge
}
