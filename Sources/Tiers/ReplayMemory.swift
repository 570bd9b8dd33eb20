import Core

/// The calls of the last minutes, so that none is accepted twice, by any loop of the process. From any thread.
///
/// Calls are kept by the time at which they were signed, until four windows of time have passed, however often the clock is
/// set meanwhile: one for a signer whose clock is ahead, one for the signature's age, two for a clock that is set back. When
/// there is no room for more, the oldest are forgotten, and what was signed up to then is refused.
///
/// So no call is accepted twice as long as the clock is not set back by more than two windows. If it is, calls that were
/// forgotten by then could be repeated, but the tiers go on: to refuse all that was signed before would stop them for as
/// long as the clock was set back.
public final class ReplayMemory: Sendable {
    /// A call takes some 20 bytes.
    public static let callsMaxDefault = 1 << 20
    private static let slotMilliseconds: UInt64 = 5000

    private struct Slot: Sendable {
        var nonces: Set<UInt64> = []
        /// When the last of them was accepted, by `State.elapsed`.
        var usedAt: UInt64 = 0
    }

    private struct State: Sendable {
        /// By when they were signed.
        var slots: [UInt64: Slot] = [:]
        var count = 0
        /// Signatures of an earlier time are refused.
        var floorMilliseconds: UInt64 = 0
        /// The latest since the clock was set back.
        var latest: UInt64 = 0
        /// What has passed since the first call, by a clock that is not set.
        var elapsed: UInt64 = 0
        var startedAt: MonotonicInstant?
        var sweptAt: UInt64 = 0
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
    func admit(
        nonce: UInt64, signedAt: UInt64, now: UInt64, monotonic: MonotonicInstant = SystemClock.monotonic()
    ) -> CallVerdict {
        state.withLock { state in
            pass(&state, now, monotonic)
            guard signedAt >= state.floorMilliseconds else { return .outsideWindow }
            let slot = signedAt / Self.slotMilliseconds
            guard state.slots[slot, default: Slot()].nonces.insert(nonce).inserted else { return .replayed }
            state.slots[slot]?.usedAt = state.elapsed
            state.count += 1
            while state.count > callsMax, let oldest = state.slots.keys.min() {
                forget(oldest, &state)
                state.floorMilliseconds = max(state.floorMilliseconds, (oldest + 1) * Self.slotMilliseconds)
            }
            return .accepted
        }
    }

    private func pass(_ state: inout State, _ now: UInt64, _ monotonic: MonotonicInstant) {
        let startedAt = state.startedAt ?? monotonic
        state.startedAt = startedAt
        state.elapsed = max(state.elapsed, monotonic.milliseconds(since: startedAt))
        state.latest = max(state.latest, now)
        if now + 2 * windowMilliseconds < state.latest { setBack(&state, now) }
        guard state.elapsed >= state.sweptAt + Self.slotMilliseconds else { return }
        state.sweptAt = state.elapsed
        for (signed, slot) in state.slots where slot.usedAt + 4 * windowMilliseconds < state.elapsed {
            forget(signed, &state)
        }
    }

    /// What was signed by the clock as it was is refused by its time from now on, and needs no room.
    private func setBack(_ state: inout State, _ now: UInt64) {
        state.latest = now
        state.floorMilliseconds = 0
        let end = now + windowMilliseconds
        for slot in state.slots.keys where slot * Self.slotMilliseconds > end { forget(slot, &state) }
    }

    private func forget(_ slot: UInt64, _ state: inout State) {
        state.count -= state.slots.removeValue(forKey: slot)?.nonces.count ?? 0
    }
}
