import Telemetry

/// What the load cost in the measured time: this program, and those whose process ids were given.
struct LoadUsage {
    private struct Sample {
        var instant: UInt64 = 0
        var ownCPUNanoseconds: UInt64 = 0
        var busySeconds = 0.0
        var processes: [ProcessUsage?] = []
    }

    let pids: [Int]
    /// Of the loop: from its waking up to its falling asleep, also while others had the processor.
    let turns: Histogram
    /// Before the first connection, and with all of them open.
    private(set) var before: [ProcessUsage?] = []
    private(set) var after: [ProcessUsage?] = []
    private var first = Sample()
    private var last = Sample()

    init(pids: [Int], turns: Histogram) {
        self.pids = pids
        self.turns = turns
    }

    mutating func noteMemoryBefore() { before = pids.map(ProcessUsage.read) }
    mutating func noteMemoryAfter() { after = pids.map(ProcessUsage.read) }

    mutating func begin(_ now: UInt64) {
        first = sample(now)
        last = first
    }

    mutating func end(_ now: UInt64) { last = sample(now) }

    private func sample(_ now: UInt64) -> Sample {
        Sample(
            instant: now, ownCPUNanoseconds: ProcessUsage.ownCPUNanoseconds, busySeconds: turns.snapshot.sum,
            processes: pids.map(ProcessUsage.read))
    }

    var seconds: Double { Double(last.instant - first.instant) / 1e9 }
    var ownCPUSeconds: Double { Double(last.ownCPUNanoseconds - first.ownCPUNanoseconds) / 1e9 }
    /// 0 to 1.
    var busyShare: Double {
        seconds > 0 ? min(1, (last.busySeconds - first.busySeconds) / seconds) : 0
    }

    /// Of the process at that place; nil if it was not there all the time.
    func cpuSeconds(_ index: Int) -> Double? {
        guard index < first.processes.count, index < last.processes.count, let from = first.processes[index],
            let to = last.processes[index]
        else { return nil }
        return max(0, to.cpuSeconds - from.cpuSeconds)
    }
}
