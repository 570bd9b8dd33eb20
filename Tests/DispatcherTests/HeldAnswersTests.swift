import Core
import Testing

@testable import Dispatcher

private func instant(_ milliseconds: UInt64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
}

@Suite struct HeldAnswersTests {
    private static func token(until milliseconds: UInt64, of session: Int = 1) -> AnswerToken {
        AnswerToken(
            delivery: 1, body: [], extent: 0..<0, timing: nil, isTimingNull: false, consumedAt: instant(0),
            retryUntil: instant(milliseconds), destination: Destination(url: "http://127.0.0.1:1"), spans: nil,
            session: session)
    }

    private static func limits(max: Int = 10) -> DispatcherLimits {
        var limits = DispatcherLimits()
        limits.retryMilliseconds = 100
        limits.retryMaxMilliseconds = 1000
        limits.heldAnswersMax = max
        return limits
    }

    @Test("each wait is twice the one before, up to the longest; half of it is left to chance")
    func waits() {
        let shortest: [UInt64] = [50, 100, 200, 400, 500, 500]
        let longest: [UInt64] = [100, 200, 400, 800, 1000, 1000]
        for waits in [shortest, longest] {
            var held = HeldAnswers(limits: Self.limits())
            var token = Self.token(until: 100_000)
            for wait in waits {
                // Half of the wait, and at most as much again: the largest remainder there is.
                let chance = waits == shortest ? 0 : wait / 2
                guard case .held = held.hold(token, now: instant(0), random: chance) else {
                    return #expect(Bool(false))
                }
                #expect(held.nextDue == instant(wait))
                #expect(held.takeDue(now: instant(wait - 1)).isEmpty)
                let due = held.takeDue(now: instant(wait))
                #expect(due.count == 1 && held.count == 0)
                token = due[0]
            }
            #expect(token.offers == waits.count)
        }
    }

    @Test("nothing waits beyond its own time")
    func times() {
        var held = HeldAnswers(limits: Self.limits())
        guard case .refused = held.hold(Self.token(until: 5), now: instant(5), random: 0) else {
            return #expect(Bool(false))
        }
        _ = held.hold(Self.token(until: 20), now: instant(0), random: 0)
        #expect(held.count == 1 && held.nextDue == instant(20))
    }

    @Test("when there is no room, the session that holds most gives one up")
    func bounds() {
        var held = HeldAnswers(limits: Self.limits(max: 4))
        for session in [1, 2, 1, 1] { _ = held.hold(Self.token(until: 1000, of: session), now: instant(0), random: 0) }
        // 1, 2, 1, 1 and 2: three to two. Then 1, 2, 1, 2 and 3: two to two, of which 2 holds the newest.
        for (session, loser) in [(2, 1), (3, 2)] {
            guard
                case .heldInsteadOf(let other) = held.hold(
                    Self.token(until: 1000, of: session), now: instant(0), random: 0)
            else { return #expect(Bool(false)) }
            #expect(other.session == loser && held.count == 4)
        }
    }

    @Test("what was offered again does not count any more")
    func countsWhatIsThere() {
        var held = HeldAnswers(limits: Self.limits(max: 4))
        for session in [1, 1, 1, 2] { _ = held.hold(Self.token(until: 1000, of: session), now: instant(0), random: 0) }
        #expect(held.takeDue(now: instant(1000)).count == 4)
        for session in [1, 2, 2, 3] {
            _ = held.hold(Self.token(until: 9000, of: session), now: instant(1001), random: 0)
        }
        guard case .heldInsteadOf(let other) = held.hold(Self.token(until: 9000, of: 4), now: instant(1001), random: 0)
        else { return #expect(Bool(false)) }
        #expect(other.session == 2)
    }
}
