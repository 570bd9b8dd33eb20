import Core
import TestSupport
import Testing

@testable import PublicWeb

/// When clients are to come back after a restart.
@Suite struct DrainPlanTests {
    @Test(arguments: [1, 4])
    func slotsAreSpreadEvenly(_ loops: Int) {
        let spread: UInt64 = 20_000
        var random = SeededRandom(seed: 7)
        var slots: [UInt64] = []
        for _ in 0..<loops {
            let connections = 10_000 / loops
            var plan = DrainPlan(
                startedAt: MonotonicInstant(nanoseconds: 0), spreadMilliseconds: spread, connections: connections)
            for _ in 0..<connections { slots.append(plan.nextSlotMilliseconds(random: random.next())) }
        }
        #expect(slots.count == 10_000 && slots.allSatisfy { $0 < spread })
        let width = spread / 20
        let share = slots.count / 20
        var millisecondCounts = [Int](repeating: 0, count: Int(spread))
        for slot in slots { millisecondCounts[Int(slot)] += 1 }
        // Every window of that width, wherever it begins.
        var inWindow = millisecondCounts.prefix(Int(width)).reduce(0, +)
        var most = inWindow
        var least = inWindow
        for end in Int(width)..<Int(spread) {
            inWindow += millisecondCounts[end] - millisecondCounts[end - Int(width)]
            most = max(most, inWindow)
            least = min(least, inWindow)
        }
        #expect(most <= 2 * share && least >= share / 2, "\(least) to \(most) of \(share)")
    }

    @Test func moreConnectionsThanPlannedHaveSlotsToo() {
        var plan = DrainPlan(startedAt: MonotonicInstant(nanoseconds: 0), spreadMilliseconds: 100, connections: 1)
        for random in [0, UInt64.max, 1, UInt64.max] { #expect(plan.nextSlotMilliseconds(random: random) < 100) }
        var none = DrainPlan(startedAt: MonotonicInstant(nanoseconds: 0), spreadMilliseconds: 0, connections: 5)
        #expect(none.nextSlotMilliseconds(random: .max) == 0)
    }
}
