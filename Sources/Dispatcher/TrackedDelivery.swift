import Broker
import Core

/// A message of the broker's whose events are being delivered.
struct TrackedDelivery {
    enum Verdict { case acknowledge, requeue }

    let tag: DeliveryTag
    var eventsOutstanding = 0
    let takenAt: MonotonicInstant
    /// A service failed on its events, and their clients are told.
    var isDeadLetter = false
    var verdict = Verdict.acknowledge
    /// Where its answers go: mostly to one.
    private var destination: Destination?
    private var otherDestinations: [Destination] = []
    /// Some of its answers for that one are on their way to the dead letters.
    private var leaving: Destination?

    init(tag: DeliveryTag, takenAt: MonotonicInstant, isDeadLetter: Bool) {
        self.tag = tag
        self.takenAt = takenAt
        self.isDeadLetter = isDeadLetter
    }

    mutating func add(_ new: Destination) {
        if destination === new || otherDestinations.contains(where: { $0 === new }) { return }
        if destination == nil { destination = new } else { otherDestinations.append(new) }
        new.messagesOutstanding += 1
    }

    mutating func leave(_ gone: Destination) {
        guard leaving == nil else { return }
        leaving = gone
        gone.messagesLeaving += 1
    }

    /// It is settled.
    func end() {
        leaving?.messagesLeaving -= 1
        destination?.messagesOutstanding -= 1
        for other in otherDestinations { other.messagesOutstanding -= 1 }
    }
}
