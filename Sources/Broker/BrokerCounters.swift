import Core

/// The statistics as its threads count them. Updated once per pass, not per event.
final class BrokerCounters: Sendable {
    private let counts = Mutex(BrokerStatistics())

    func update(_ change: (inout BrokerStatistics) -> Void) { counts.withLock { change(&$0) } }

    /// Adds what one pass of the publishing thread counted.
    func add(published pass: BrokerStatistics) {
        counts.withLock {
            $0.messagesPublished += pass.messagesPublished
            $0.eventsPublished += pass.eventsPublished
            $0.bytesPublished += pass.bytesPublished
            $0.messagesConfirmed += pass.messagesConfirmed
            $0.messagesReturned += pass.messagesReturned
            $0.messagesNegativelyConfirmed += pass.messagesNegativelyConfirmed
        }
    }

    var snapshot: BrokerStatistics { counts.withLock { $0 } }
}
