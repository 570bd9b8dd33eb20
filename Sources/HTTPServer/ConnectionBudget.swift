import Reactor
import Synchronization

/// How many connections a process may hold, counted over all its loops.
public final class ConnectionBudget: ChannelOwner, @unchecked Sendable {
    // Sendable: all that it has is constant or atomic.
    public let connectionsMax: Int
    private let taken = Atomic<Int>(0)

    public init(connectionsMax: Int) { self.connectionsMax = connectionsMax }

    public var count: Int { taken.load(ordering: .relaxed) }

    func take() -> Bool {
        if taken.add(1, ordering: .relaxed).newValue <= connectionsMax { return true }
        taken.subtract(1, ordering: .relaxed)
        return false
    }

    override public func channelEnded() { release() }

    func release() { taken.subtract(1, ordering: .relaxed) }
}
