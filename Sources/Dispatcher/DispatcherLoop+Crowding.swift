import Core

/// The broker hands out so many messages at a time. A public-web instance that can't be reached keeps those with its answers,
/// and must not leave the others none.
extension DispatcherLoop {
    /// Whoever took answers within that time is there.
    private static let activeMilliseconds: UInt64 = 30_000
    private static let lookMilliseconds: UInt64 = 500

    /// How many more messages one that takes nothing has than there is room left for (dynamic threshold, Choudhury and Hahne
    /// 1998). Alone it may have them all.
    func crowdingExcess(of destination: Destination) -> Int {
        let others = deliveries.count - destination.messagesOutstanding
        let excess = destination.messagesOutstanding - max(shared.limits.prefetch - others, 0) / 2
        return excess > 0 && destination.isFailing && isAnyActive(besides: destination) ? excess : 0
    }

    private func isAnyActive(besides destination: Destination) -> Bool {
        destinations.values.contains { other in
            other !== destination
                && other.answeredAt.map { loop.now.milliseconds(since: $0) < Self.activeMilliseconds } == true
        }
    }

    /// While all are taken none comes that could be refused.
    func relieve() {
        if deliveries.count > shared.limits.prefetch / 2 {
            for destination in destinations.values where destination.isFailing {
                let excess = crowdingExcess(of: destination)
                if excess > 0 { destination.poster?.giveUp(newest: excess) }
            }
        }
        _ = loop.schedule(self, kind: TimerKind.relieve, afterMilliseconds: Self.lookMilliseconds)
    }
}
