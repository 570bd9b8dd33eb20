/// The deliveries of one channel that are not settled, and what is to be told the broker of them: acknowledgements of
/// deliveries next to each other as one. Settling what is settled or was never delivered does nothing, so that a caller's
/// mistake can't make the broker close the channel.
struct SettlementWindow {
    enum Command: Equatable {
        case acknowledge(UInt64, multiple: Bool)
        case reject(UInt64, requeue: Bool)
    }

    private enum State { case delivered, acknowledged, settled }

    private var states: [State] = []
    /// The index of the delivery `firstTag`, the oldest unsettled one.
    private var head = 0
    private var firstTag: UInt64 = 1
    /// Acknowledged one by one since the last flush. What came behind a delivery that stays open must not be walked over
    /// each time.
    private var acknowledged: [UInt64] = []
    /// Delivered and not settled by the caller.
    private(set) var unsettledCount = 0
    private(set) var commands: [Command] = []

    /// Tags come in order from 1; false for one that does not.
    mutating func deliver(_ tag: UInt64) -> Bool {
        if tag != firstTag + UInt64(states.count - head) { return false }
        states.append(.delivered)
        unsettledCount += 1
        return true
    }

    /// How many deliveries the caller has settled by it. Rejections become commands at once, acknowledgements in `flush`.
    mutating func settle(_ tag: UInt64, _ kind: Settlement.Kind) -> Int {
        guard tag >= firstTag, tag - firstTag < UInt64(states.count - head) else { return 0 }
        let index = head + Int(tag - firstTag)
        var count = 0
        for at in (kind == .acknowledgeThrough ? head : index)...index where states[at] == .delivered {
            count += 1
            switch kind {
            case .acknowledge:
                states[at] = .acknowledged
                acknowledged.append(tag)
            case .acknowledgeThrough: states[at] = .acknowledged
            case .requeue, .discard:
                states[at] = .settled
                commands.append(.reject(tag, requeue: kind == .requeue))
            }
        }
        unsettledCount -= count
        return count
    }

    /// Turns the acknowledgements so far into commands: one for the whole run at the beginning, one for each behind a
    /// delivery that is not settled.
    mutating func flush() {
        var last: UInt64?
        while head < states.count, states[head] != .delivered {
            if states[head] == .acknowledged { last = firstTag }
            head += 1
            firstTag += 1
        }
        if let last { commands.append(.acknowledge(last, multiple: true)) }
        if head == states.count || head > 4096 {
            states.removeFirst(head)
            head = 0
        }
        acknowledged.sort()
        for tag in acknowledged where tag >= firstTag {
            commands.append(.acknowledge(tag, multiple: false))
            states[head + Int(tag - firstTag)] = .settled
        }
        acknowledged.removeAll(keepingCapacity: acknowledged.count <= 4096)
    }

    mutating func removeCommands() { commands.removeAll(keepingCapacity: true) }
}
