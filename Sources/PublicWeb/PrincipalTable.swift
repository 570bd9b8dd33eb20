import Core

/// The principals that were seen lately, by name. From any thread.
final class PrincipalTable: Sendable {
    /// Longer than it takes from a principal's being found to its connection's being counted.
    private static let idleMilliseconds: UInt64 = 60_000
    private static let sweepMin = 1024
    /// While it is full, it is not swept for each newcomer.
    private static let fullSweepMilliseconds: UInt64 = 1000

    private struct State: Sendable {
        var byName: [[UInt8]: Principal] = [:]
        /// At how many of them, so that sweeping costs each newcomer no more than a constant.
        var sweepAt = sweepMin
        var sweptAt: MonotonicInstant?
    }

    private let limits: PrincipalLimits
    private let state = Mutex(State())

    init(limits: PrincipalLimits) { self.limits = limits }

    var count: Int { state.withLock { $0.byName.count } }

    /// Nil if there are as many as there may be.
    func principal(named name: [UInt8], now: MonotonicInstant) -> Principal? {
        state.withLock { state in
            if let known = state.byName[name] {
                known.seen(now: now)
                return known
            }
            sweep(&state, now)
            guard state.byName.count < limits.principalsMax else { return nil }
            let principal = Principal(name: name, limits: limits, now: now)
            state.byName[name] = principal
            return principal
        }
    }

    /// Nil if it was not seen lately. One with sessions is always there.
    func known(_ name: [UInt8]) -> Principal? { state.withLock { $0.byName[name] } }

    private func sweep(_ state: inout State, _ now: MonotonicInstant) {
        let isFull = state.byName.count >= limits.principalsMax
        let isRested = state.sweptAt.map { now.milliseconds(since: $0) >= Self.fullSweepMilliseconds } ?? true
        guard state.byName.count >= state.sweepAt || isFull && isRested else { return }
        state.byName = state.byName.filter {
            !$0.value.isForgettable(now: now, idleMilliseconds: Self.idleMilliseconds)
        }
        state.sweepAt = max(state.byName.count * 2, Self.sweepMin)
        state.sweptAt = now
    }
}
