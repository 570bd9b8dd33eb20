import TestSupport
import Testing

@testable import Tiers

@Suite struct ReplayMemoryTests {
    /// Whatever the order, the clocks and the room: no call is accepted twice.
    @Test(arguments: 1...20) func noCallIsAcceptedTwice(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let callsMax = Int.random(in: 1...400, using: &random)
        let memory = ReplayMemory(windowMilliseconds: 60_000, callsMax: callsMax)
        var now: UInt64 = 1_800_000_000_000
        var accepted = Set<[UInt64]>()
        var calls: [(nonce: UInt64, signedAt: UInt64)] = []
        for _ in 0..<5000 {
            now += UInt64.random(in: 0...400, using: &random)
            if UInt64.random(in: 0...200, using: &random) == 0 { now -= UInt64.random(in: 0...30_000, using: &random) }
            let isNew = calls.isEmpty || Bool.random(using: &random)
            let call =
                isNew
                ? (random.next(), now - 60_000 + UInt64.random(in: 0...120_000, using: &random))
                : calls[Int.random(in: 0..<calls.count, using: &random)]
            let difference = now > call.1 ? now - call.1 : call.1 - now
            guard difference <= 60_000 else { continue }
            if isNew { calls.append(call) }
            if memory.admit(nonce: call.0, signedAt: call.1, now: now) == .accepted {
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
            _ = memory.admit(nonce: number, signedAt: 1_800_000_000_000, now: 1_800_000_000_000)
        }
        #expect(memory.count == 100)
        _ = memory.admit(nonce: 0, signedAt: 1_800_000_070_000, now: 1_800_000_070_000)
        #expect(memory.count == 1)
    }
}
