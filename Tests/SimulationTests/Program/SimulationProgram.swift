import Core
import Glibc
import Simulation

/// Runs seeds on all processors, says what was reached and which seeds broke a property.
@main
enum SimulationProgram {
    private static let usage = "usage: simulation [--seeds N] [--first SEED] | --seed SEED [--trace]"
    private static let failuresShown = 20

    private struct Total: Sendable {
        var next: UInt64
        var passed = 0
        var failures: [(seed: UInt64, violation: String)] = []
        var reached = [Int](repeating: 0, count: Reached.allCases.count)
    }

    static func main() {
        var seeds: UInt64 = 10_000
        var first: UInt64 = 1
        var only: UInt64?
        var isTraced = false
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            if argument == "--trace" {
                isTraced = true
                continue
            }
            guard let number = arguments.popFirst().flatMap({ UInt64($0) }) else { misuse() }
            switch argument {
            case "--seeds": seeds = number
            case "--first": first = number
            case "--seed": only = number
            default: misuse()
            }
        }
        if let only { exit(replay(only, isTraced)) }
        exit(run(first, seeds))
    }

    private static func misuse() -> Never {
        print(usage)
        exit(2)
    }

    private static func replay(_ seed: UInt64, _ isTraced: Bool) -> Int32 {
        let outcome = Simulation.run(seed: seed, trace: isTraced ? { print($0) } : nil)
        print("seed \(seed): \(outcome.violation ?? "every property held")")
        return outcome.violation == nil ? 0 : 1
    }

    private static func run(_ first: UInt64, _ seeds: UInt64) -> Int32 {
        let total = Mutex(Total(next: first))
        let end = first + seeds
        let processors = max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)
        let running = RunningSeeds(threads: processors)
        let threads = (0..<processors).compactMap { number in
            try? Thread(name: "simulation \(number)") { work(number, until: end, total, running) }
        }
        for thread in threads { thread.join() }
        let result = total.withLock { $0 }
        return report(result, isComplete: seeds >= 10_000)
    }

    private static func work(_ thread: Int, until end: UInt64, _ total: Mutex<Total>, _ running: RunningSeeds) {
        while true {
            let seed = total.withLock { total -> UInt64? in
                guard total.next < end else { return nil }
                total.next += 1
                return total.next - 1
            }
            guard let seed else { return }
            running.set(seed, thread: thread)
            let outcome = Simulation.run(seed: seed)
            total.withLock { total in
                if let violation = outcome.violation {
                    total.failures.append((seed, violation))
                } else {
                    total.passed += 1
                }
                for (index, count) in outcome.reached.enumerated() { total.reached[index] += count }
            }
        }
    }

    /// - Parameter isComplete: whether there were seeds enough for every case.
    private static func report(_ total: Total, isComplete: Bool) -> Int32 {
        var missed = 0
        for reached in Reached.allCases {
            let count = total.reached[reached.rawValue]
            print("\(count)\t\(reached.name)")
            if count == 0 { missed += 1 }
        }
        let failures = total.failures.sorted { $0.seed < $1.seed }
        for failure in failures.prefix(failuresShown) {
            print("FAILED  seed \(failure.seed): \(failure.violation)")
            print("        again: Tests/SimulationTests/run --seed \(failure.seed) --trace")
        }
        if missed > 0 { print("\(isComplete ? "FAILED  " : "")\(missed) cases were never reached") }
        let failed = failures.count + (isComplete ? missed : 0)
        print("\(total.passed) passed, \(failed) failed")
        return failed == 0 ? 0 : 1
    }
}
