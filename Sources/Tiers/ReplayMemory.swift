import Core

/// The calls of the last minutes, so that none is accepted twice, by any loop of the process. From any thread.
///
/// Calls are kept by the time at which they were signed, until a signature of that time is refused anyway. When there is
/// no room for more, the oldest are forgotten, and with them the time up to which they were signed is refused: so it is
/// never the case that a call which was accepted is accepted again, and callers whose clocks agree notice nothing.
public final class ReplayMemory: Sendable {
    /// A call takes some 20 bytes.
    public static let callsMaxDefault = 1 << 20
    private static let slotMilliseconds: UInt64 = 5000

    private struct State: Sendable {
        /// By when they were signed, in slots.
        var slots: [UInt64: Set<UInt64>] = [:]
        var count = 0
        /// Signatures of an earlier time are refused.
        var floorMilliseconds: UInt64 = 0
        var sweptSlot: UInt64 = 0
    }

    private let callsMax: Int
    private let windowMilliseconds: UInt64
    private let state = Mutex(State())

    public init(
        windowMilliseconds: UInt64 = InternalAuthenticator.windowMilliseconds, callsMax: Int = callsMaxDefault
    ) {
        self.windowMilliseconds = windowMilliseconds
        self.callsMax = max(callsMax, 1)
    }

    public var count: Int { state.withLock { $0.count } }

    /// A call whose signature is right, within the window of time.
    /// - Parameters:
    ///   - nonce: the caller's, random.
    ///   - signedAt: by the caller's clock, now: by this one's; in milliseconds since 1970.
    func admit(nonce: UInt64, signedAt: UInt64, now: UInt64) -> CallVerdict {
        state.withLock { state in
            sweep(&state, now)
            guard signedAt >= state.floorMilliseconds else { return .outsideWindow }
            let slot = signedAt / Self.slotMilliseconds
            guard state.slots[slot, default: []].insert(nonce).inserted else { return .replayed }
            state.count += 1
            while state.count > callsMax, let oldest = state.slots.keys.min() { drop(oldest, &state) }
            return .accepted
        }
    }

    private func sweep(_ state: inout State, _ now: UInt64) {
        let slot = now / Self.slotMilliseconds
        guard slot != state.sweptSlot else { return }
        state.sweptSlot = slot
        let past = now > windowMilliseconds ? now - windowMilliseconds : 0
        for old in state.slots.keys where (old + 1) * Self.slotMilliseconds <= past { drop(old, &state) }
    }

    private func drop(_ slot: UInt64, _ state: inout State) {
        state.count -= state.slots.removeValue(forKey: slot)?.count ?? 0
        state.floorMilliseconds = max(state.floorMilliseconds, (slot + 1) * Self.slotMilliseconds)
    }
}
