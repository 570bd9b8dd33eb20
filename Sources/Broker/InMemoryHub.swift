import Core

/// What the in-memory brokers of one process share, as programs share a RabbitMQ node.
public final class InMemoryHub: Sendable {
    private struct State {
        var core: InMemoryHubCore
        var wakes: [UInt64: WakeSignal] = [:]
        var members: [ObjectIdentifier: WakeSignal] = [:]
    }

    private let state: Mutex<State>

    /// - Parameter bytesMax: bodies beyond it are refused with `.rejected`.
    public init(bytesMax: Int = 256 << 20) {
        state = Mutex(State(core: InMemoryHubCore(bytesMax: bytesMax)))
    }

    /// How many messages wait in a queue; those delivered and not settled are not among them.
    public func messageCount(inQueue name: String) -> Int {
        state.withLock { $0.core.messageCount(inQueue: name) }
    }

    /// Runs one step of the state machine, then wakes the brokers whose consumers have something to take.
    func step<Result>(_ body: (inout InMemoryHubCore) -> Result) -> Result {
        var signals: [WakeSignal] = []
        let result = state.withLock { state -> Result in
            state.core.wallSeconds = SystemClock.wallNanoseconds() / 1_000_000_000
            let result = body(&state.core)
            for consumer in state.core.consumersToWake {
                if let wake = state.wakes[consumer] { signals.append(wake) }
            }
            state.core.consumersToWake.removeAll(keepingCapacity: true)
            return result
        }
        for signal in signals { signal.signal() }
        return result
    }

    /// A broker's thread begins. Each looks after the hub's expiries before it sleeps, and only a thread that is awake can
    /// bring a new one about, so at least one sleeps no longer than until the next.
    func join(_ wake: WakeSignal) { state.withLock { $0.members[ObjectIdentifier(wake)] = wake } }

    /// A broker's thread ends: another has to look after the expiries that this one knew of.
    func leave(_ wake: WakeSignal) {
        let others = state.withLock { state -> [WakeSignal] in
            state.members[ObjectIdentifier(wake)] = nil
            return Array(state.members.values)
        }
        for other in others { other.signal() }
    }

    /// - Parameter wake: signalled whenever the consumer can take something.
    func addConsumer(_ consumption: Consumption, wake: WakeSignal) -> UInt64? {
        let consumer = state.withLock { state -> UInt64? in
            guard let consumer = state.core.addConsumer(consumption) else { return nil }
            state.wakes[consumer] = wake
            return consumer
        }
        wake.signal()
        return consumer
    }

    func removeConsumer(_ consumer: UInt64, now: MonotonicInstant) {
        state.withLock { $0.wakes[consumer] = nil }
        step { $0.removeConsumer(consumer, now: now) }
    }
}
