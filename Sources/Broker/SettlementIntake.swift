import Core

/// The bounded way of acknowledgements into the consuming thread.
final class SettlementIntake: Sendable {
    private let posted = Mutex<[Settlement]>([])
    private let wake: WakeSignal
    /// Twice what a caller that settles each delivery once can have under way.
    private let countMax: Int

    init(prefetch: Int, wake: WakeSignal) {
        countMax = 2 * prefetch + 64
        self.wake = wake
    }

    /// From any thread. False if there is no room, which only settling deliveries repeatedly can bring about; the
    /// message then stays unsettled until the connection ends.
    func post(_ settlement: Settlement) -> Bool {
        var wasEmpty = false
        let isTaken = posted.withLock { posted -> Bool in
            if posted.count >= countMax { return false }
            wasEmpty = posted.isEmpty
            posted.append(settlement)
            return true
        }
        if wasEmpty { wake.signal() }
        return isTaken
    }

    /// On the consuming thread: swaps what was posted with `batch`, which must be empty.
    func take(into batch: inout [Settlement]) {
        precondition(batch.isEmpty)
        posted.withLock { swap(&$0, &batch) }
    }
}
