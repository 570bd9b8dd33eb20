import Core
import Glibc

/// What the threads of one `AMQPBroker` share: the phase it is in, how its links stand, whom to tell.
final class AMQPControl: Sendable {
    enum Phase: Sendable { case idle, running, draining, finishing }
    enum Role: Sendable { case publisher, consumer }
    /// How long a failure that repeats itself is not reported again.
    private static let repeatSilenceMilliseconds: UInt64 = 30_000

    private struct State {
        var phase = Phase.idle
        var links: [Role: BrokerState] = [:]
        var lastFailures: [Role: (text: String, at: MonotonicInstant)] = [:]
    }

    let configuration: AMQPConfiguration
    let address: AMQPAddress
    let topology: Topology
    let counters = BrokerCounters()
    let observers = BrokerObservers()
    private let state = Mutex(State())

    init(configuration: AMQPConfiguration, address: AMQPAddress, topology: Topology) {
        self.configuration = configuration
        self.address = address
        self.topology = topology
    }

    var phase: Phase { state.withLock { $0.phase } }

    func enter(_ phase: Phase) { state.withLock { $0.phase = phase } }

    /// A link's state; the broker's is that of its worst link.
    func report(_ role: Role, _ linkState: BrokerState?) {
        let (links, phase) = state.withLock { state -> ([Role: BrokerState], Phase) in
            state.links[role] = linkState
            return (state.links, state.phase)
        }
        if phase == .finishing { return }
        if links.values.contains(.connecting) {
            observers.report(.connecting)
        } else {
            observers.report(links.values.contains(.blocked) ? .blocked : .connected)
        }
    }

    func reportConnected(_ role: Role) {
        counters.update { $0.connects += 1 }
        state.withLock { $0.lastFailures[role] = nil }
        observers.report(.connected, "connected to the broker at \(address.place) (\(role))")
        report(role, .connected)
    }

    /// A link failed. The same failure again is reported at most every 30 s.
    func reportFailure(_ role: Role, _ failure: AMQPFailure, wasConnected: Bool) {
        if wasConnected { counters.update { $0.connectionsLost += 1 } }
        let now = SystemClock.monotonic()
        let isRepeated = state.withLock { state -> Bool in
            if let last = state.lastFailures[role], last.text == failure.text,
                now.milliseconds(since: last.at) < Self.repeatSilenceMilliseconds
            {
                return true
            }
            state.lastFailures[role] = (failure.text, now)
            return false
        }
        if !isRepeated { observers.report(failure.kind, "\(failure.text) (\(role))") }
        report(role, .connecting)
    }

    /// Opens a link and declares the topology on it.
    func open(_ role: Role) throws(AMQPFailure) -> AMQPLink {
        let link = try AMQPLink.open(address, configuration, purpose: role == .publisher ? "publisher" : "consumer")
        try link.declare(topology)
        return link
    }

    func makeReconnectDelay() -> ReconnectDelay {
        ReconnectDelay(
            minimumMilliseconds: configuration.reconnectMinimumMilliseconds,
            maximumMilliseconds: configuration.reconnectMaximumMilliseconds)
    }

    /// How long a link may sleep without looking after its heartbeats.
    var heartbeatPumpMilliseconds: Int { configuration.heartbeatSeconds * 1000 / 3 }

    /// Sleeps until the signal, until the link has something to read, or for so long. Takes the signal.
    static func sleep(_ wake: WakeSignal, link: AMQPLink?, milliseconds: Int) {
        withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { descriptors in
            descriptors[0] = pollfd(fd: wake.fd, events: Int16(POLLIN), revents: 0)
            descriptors[1] = pollfd(fd: link?.fd ?? -1, events: Int16(POLLIN), revents: 0)
            _ = poll(descriptors.baseAddress, 2, CInt(clamping: milliseconds))
            if descriptors[0].revents != 0 { wake.drain() }
            if descriptors[1].revents != 0 { link?.noteReadable() }
        }
    }
}
