import Core

/// The bounded way into the publishing thread. It counts what is posted until it has its outcome, so that the limits hold
/// for what waits and what is unconfirmed together.
final class PublishIntake: Sendable {
    private struct State {
        var posted: [PostedGroup] = []
        var eventsWaiting = 0
        var bytesWaiting = 0
        var groupsRefused: UInt64 = 0
        var isClosed = false
    }

    private let limits: PublishLimits
    private let state = Mutex(State())
    private let wake: WakeSignal

    init(limits: PublishLimits, wake: WakeSignal) {
        self.limits = limits
        self.wake = wake
    }

    /// From any thread. False if the queue is full or closed.
    func post(_ group: PublishGroup, completion: @escaping @Sendable (PublishOutcome) -> Void) -> Bool {
        let posted = PostedGroup(group: group, completion: completion, postedAt: SystemClock.monotonic())
        var wasEmpty = false
        let isTaken = state.withLock { state -> Bool in
            // An empty queue takes any group, or one larger than the limit could never be sent.
            let isFull =
                state.eventsWaiting > 0
                && (state.eventsWaiting + group.ends.count > limits.eventsWaitingMax
                    || state.bytesWaiting + group.events.count > limits.bytesWaitingMax)
            if isFull || state.isClosed {
                state.groupsRefused += 1
                return false
            }
            state.eventsWaiting += group.ends.count
            state.bytesWaiting += group.events.count
            wasEmpty = state.posted.isEmpty
            state.posted.append(posted)
            return true
        }
        if wasEmpty { wake.signal() }
        return isTaken
    }

    /// Counts a group that goes past the queue; false if the queue is closed, or anything posted has no outcome yet.
    func bypass(_ group: PublishGroup) -> Bool {
        state.withLock {
            guard !$0.isClosed, $0.eventsWaiting == 0 else { return false }
            $0.eventsWaiting = group.ends.count
            $0.bytesWaiting = group.events.count
            return true
        }
    }

    /// On the publishing thread: swaps what was posted with `batch`, which must be empty.
    func take(into batch: inout [PostedGroup]) {
        precondition(batch.isEmpty)
        state.withLock { swap(&$0.posted, &batch) }
    }

    /// A group has its outcome: its room is free again.
    func release(_ group: PublishGroup) {
        state.withLock {
            $0.eventsWaiting -= group.ends.count
            $0.bytesWaiting -= group.events.count
        }
    }

    /// From now on nothing is taken. What was posted can still be taken out.
    func close() { state.withLock { $0.isClosed = true } }

    var isIdle: Bool { state.withLock { $0.eventsWaiting == 0 } }

    func count(into statistics: inout BrokerStatistics) {
        state.withLock {
            statistics.eventsWaiting = $0.eventsWaiting
            statistics.bytesWaiting = $0.bytesWaiting
            statistics.groupsRefused = $0.groupsRefused
        }
    }
}
