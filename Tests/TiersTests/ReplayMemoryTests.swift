import Core
import TestSupport
import Testing

@testable import Tiers

@Suite struct ReplayMemoryTests {
    /// Its time passes, whatever the other clock is set to.
    private final class MonotonicClock {
        private var milliseconds: UInt64 = 5

        func passed(_ more: UInt64) -> MonotonicInstant {
            milliseconds += more
            return MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
        }
    }

    private let clock = MonotonicClock()

    /// Whatever the order, the clocks and the room: no call is accepted twice.
    @Test(arguments: 1...20) func noCallIsAcceptedTwice(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let callsMax = Int.random(in: 1...400, using: &random)
        let memory = ReplayMemory(windowMilliseconds: 60_000, callsMax: callsMax)
        var now: UInt64 = 1_800_000_000_000
        var accepted = Set<[UInt64]>()
        var calls: [(nonce: UInt64, signedAt: UInt64)] = []
        for _ in 0..<5000 {
            let passed = UInt64.random(in: 0...400, using: &random)
            let monotonic = clock.passed(passed)
            now += passed
            if UInt64.random(in: 0...200, using: &random) == 0 { now -= UInt64.random(in: 0...30_000, using: &random) }
            let isNew = calls.isEmpty || Bool.random(using: &random)
            let call =
                isNew
                ? (random.next(), now - 60_000 + UInt64.random(in: 0...120_000, using: &random))
                : calls[Int.random(in: 0..<calls.count, using: &random)]
            let difference = now > call.1 ? now - call.1 : call.1 - now
            guard difference <= 60_000 else { continue }
            if isNew { calls.append(call) }
            if memory.admit(nonce: call.0, signedAt: call.1, now: now, monotonic: monotonic) == .accepted {
                #expect(accepted.insert([call.0, call.1]).inserted)
            }
            #expect(memory.count <= callsMax)
        }
        #expect(!accepted.isEmpty)
    }

    @Test func whatIsSignedNowIsAcceptedAlsoWhenItIsFull() {
        let memory = ReplayMemory(windowMilliseconds: 60_000, callsMax: 1000)
        for number in 0..<10_000 as Range<UInt64> {
            let now = 1_800_000_000_000 + number * 10
            #expect(memory.admit(nonce: number, signedAt: now, now: now) == .accepted)
        }
        #expect(memory.count <= 1000)
        // There was no room to remember it: refused as too old.
        #expect(memory.admit(nonce: 1, signedAt: 1_800_000_060_000, now: 1_800_000_099_990) == .outsideWindow)
    }

    @Test func theOldAreForgotten() {
        let memory = ReplayMemory(windowMilliseconds: 60_000, callsMax: 1000)
        for number in 0..<100 as Range<UInt64> {
            _ = memory.admit(
                nonce: number, signedAt: 1_800_000_000_000, now: 1_800_000_000_000, monotonic: clock.passed(0))
        }
        #expect(memory.count == 100)
        for second in 1...400 as ClosedRange<UInt64> {
            let now = 1_800_000_000_000 + second * 1000
            _ = memory.admit(nonce: second, signedAt: now, now: now, monotonic: clock.passed(1000))
        }
        #expect((240...255).contains(memory.count))
    }

    private static let hour: UInt64 = 3_600_000

    /// Calls of so many seconds, ten a second, each signed when it comes. - Returns: how many were accepted.
    private func calls(_ memory: ReplayMemory, from start: UInt64, seconds: UInt64, first: UInt64) -> Int {
        (0..<seconds * 10).filter { number in
            let now = start + number * 100
            return memory.admit(nonce: first + number, signedAt: now, now: now, monotonic: clock.passed(100))
                == .accepted
        }.count
    }

    @Test(arguments: [0, 130, 1000], [61_000, 125_000, hour])
    func aClockThatIsSetBackStopsNobody(_ age: UInt64, _ back: UInt64) {
        let memory = ReplayMemory(windowMilliseconds: 60_000)
        let start: UInt64 = 1_800_000_000_000
        #expect(calls(memory, from: start, seconds: age, first: 0) == Int(age) * 10)
        let after = start + age * 1000 - back
        #expect(calls(memory, from: after, seconds: 300, first: 1 << 32) == 3000)
    }

    @Test func aClockThatIsSetBackStopsNobodyAlsoWhenItIsFull() {
        let memory = ReplayMemory(windowMilliseconds: 60_000, callsMax: 200)
        let start: UInt64 = 1_800_000_000_000
        #expect(calls(memory, from: start, seconds: 100, first: 0) == 1000)
        #expect(calls(memory, from: start - Self.hour, seconds: 300, first: 1 << 32) == 3000)
        #expect(memory.count <= 200)
    }

    /// What was accepted just before is not forgotten for it.
    @Test func aClockThatJumpsAheadAndReturnsLetsNothingBeRepeated() {
        let memory = ReplayMemory(windowMilliseconds: 60_000, callsMax: 1 << 20)
        let start: UInt64 = 1_800_000_000_000
        #expect(calls(memory, from: start, seconds: 100, first: 0) == 1000)
        #expect(calls(memory, from: start + 100_000 + Self.hour, seconds: 10, first: 1 << 32) == 100)
        #expect(calls(memory, from: start + 110_000, seconds: 10, first: 1 << 33) == 100)
        for number in 600..<1000 as Range<UInt64> {
            let verdict = memory.admit(
                nonce: number, signedAt: start + number * 100, now: start + 120_000, monotonic: clock.passed(0))
            #expect(verdict == .replayed)
        }
    }
}
