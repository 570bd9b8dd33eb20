import Core
import Testing

private let millisecond: UInt64 = 1_000_000

private func instant(_ milliseconds: UInt64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: milliseconds * millisecond)
}

@Suite struct TimingWheelTests {
    @Test(
        "a timer fires at its tick, never early",
        arguments: [1, 15, 16, 17, 1023, 1024, 1025, 65_536, 70_000, 4_200_000])
    func firesInTime(delay: UInt64) {
        var wheel = TimingWheel<Int>(now: instant(5), tickMilliseconds: 16)
        _ = wheel.schedule(7, at: instant(5 + delay))
        var due: [Int] = []
        wheel.advance(to: instant(5 + delay - 1), into: &due)
        #expect(due.isEmpty)
        wheel.advance(to: instant(5 + delay + 32), into: &due)
        #expect(due == [7])
        #expect(wheel.count == 0)
    }

    @Test func cancelledTimersDoNotFire() {
        var wheel = TimingWheel<Int>(now: instant(0))
        let first = wheel.schedule(1, at: instant(100))
        _ = wheel.schedule(2, at: instant(100))
        let wasCancelled = wheel.cancel(first)
        let wasCancelledAgain = wheel.cancel(first)
        #expect(wasCancelled && !wasCancelledAgain)
        var due: [Int] = []
        wheel.advance(to: instant(200), into: &due)
        #expect(due == [2])
    }

    @Test func aStaleIDDoesNotCancelTheNextTenant() {
        var wheel = TimingWheel<Int>(now: instant(0))
        let first = wheel.schedule(1, at: instant(100))
        wheel.cancel(first)
        _ = wheel.schedule(2, at: instant(100))
        let wasCancelled = wheel.cancel(first)
        #expect(!wasCancelled)
        #expect(wheel.count == 1)
    }

    /// Against a plain list, over steps of all sizes: same timers, never early, at most a tick and a step late.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func agreesWithAList(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ below: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % below
        }
        var now: UInt64 = 1000
        var wheel = TimingWheel<Int>(now: instant(now), tickMilliseconds: 16)
        var expected: [Int: UInt64] = [:]
        var ids: [Int: TimingWheel<Int>.TimerID] = [:]
        for round in 0..<4000 {
            let delay = random([20, 2000, 200_000, 20_000_000][Int(random(4))])
            ids[round] = wheel.schedule(round, at: instant(now + delay))
            expected[round] = now + delay
            if random(4) == 0, let victim = expected.keys.randomElement(), let id = ids[victim] {
                let wasCancelled = wheel.cancel(id)
                #expect(wasCancelled)
                expected[victim] = nil
            }
            let step = random([10, 100, 40_000][Int(random(3))])
            if let next = wheel.nextDeadline, let earliest = expected.values.min() {
                #expect(next.nanoseconds <= (earliest + 16) * millisecond, "the loop would sleep over a timer")
            }
            now += step
            var due: [Int] = []
            wheel.advance(to: instant(now), into: &due)
            for timer in due {
                let deadline = expected.removeValue(forKey: timer)
                #expect(deadline.map { $0 <= now } == true, "early, twice or cancelled")
            }
            #expect(expected.values.allSatisfy { $0 + 16 > now }, "late")
        }
        #expect(wheel.count == expected.count)
    }
}
