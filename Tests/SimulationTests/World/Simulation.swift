/// Runs worlds, one for each seed.
public enum Simulation {
    public struct Outcome: Sendable {
        public let seed: UInt64
        /// The property that did not hold.
        public let violation: String?
        /// How often each case was reached, by `Reached.rawValue`.
        public let reached: [Int]
    }

    /// - Parameter trace: is given what happens, line by line.
    public static func run(seed: UInt64, trace: ((String) -> Void)? = nil) -> Outcome {
        let world = World(seed: seed, trace: trace)
        world.run()
        return Outcome(seed: seed, violation: world.findings.violation, reached: world.findings.counts)
    }
}
