/// A part of the measured load with figures of its own: a step of a ramp, the bursts, the slow sessions.
struct LoadSection {
    let name: String
    /// How much of the measured time is its own; 0: all of it.
    var seconds: Double
    var latency = LatencyHistogram()
    var errors: UInt64 = 0
    /// The most that were open while it lasted.
    var sessions = 0

    init(_ name: String, seconds: Double = 0) {
        self.name = name
        self.seconds = seconds
    }
}
