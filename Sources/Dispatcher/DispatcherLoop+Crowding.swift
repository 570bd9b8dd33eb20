import Core

/// The broker hands out so many messages at a time. A public-web instance that can't be reached keeps those with its answers,
/// and must not leave the others none.
extension DispatcherLoop {
    /// Whoever took answers within that time is there.
    private static let activeMilliseconds: UInt64 = 30_000
    private static let lookMilliseconds: UInt64 = 500
    /// For so long an instance may take nothing, as while it starts anew, before any of its answers is given up.
    private static let patienceMilliseconds: UInt64 = 3000

    /// How many more messages one that takes nothing has than there is room left for (dynamic threshold, Choudhury and Hahne
    /// 1998), without those whose answers are on their way to the dead letters. Alone it may have them all.
    func crowdingExcess(of destination: Destination) -> Int {
        let patience = Self.patienceMilliseconds
        guard destination.has(beenFailing: true, forMilliseconds: patience, now: loop.now) else { return 0 }
        let others = deliveries.count - destination.messagesOutstanding
        let own = destination.messagesOutstanding - destination.messagesLeaving
        let excess = own - max(shared.limits.prefetch - others, 0) / 2
        return excess > 0 && isAnyActive(besides: destination) ? excess : 0
    }

    private func isAnyActive(besides destination: Destination) -> Bool {
        destinations.values.contains { other in
            other !== destination
                // When all were away, one is back before the others.
                && other.has(beenFailing: false, forMilliseconds: Self.patienceMilliseconds, now: loop.now)
                && other.answeredAt.map { loop.now.milliseconds(since: $0) < Self.activeMilliseconds } == true
        }
    }

    /// While all are taken none comes that could be refused.
    func relieve() {
        for destination in destinations.values {
            destination.look(now: loop.now)
            let excess = crowdingExcess(of: destination)
            if excess > 0 { destination.poster?.giveUp(newest: excess) }
        }
        _ = loop.schedule(self, kind: TimerKind.relieve, afterMilliseconds: Self.lookMilliseconds)
    }
}
