/// What a load has shown.
struct BenchReport {
    struct Recovery {
        let cut: Int
        /// From the loss of the connection until everything that was missed is there.
        let times: LatencyHistogram
    }

    struct Process {
        let pid: Int
        let cpuSeconds: Double?
        let before: ProcessUsage?
        let after: ProcessUsage?
    }

    private static let busyShareMax = 0.85
    private static let lateShareMax = 0.01

    let options: BenchOptions
    var counters = LoadCounters()
    var tally = ErrorTally()
    var sections: [LoadSection] = []
    var latency = LatencyHistogram()
    var openingTimes = LatencyHistogram()
    var openingSeconds = 0.0
    var measuredSeconds = 0.0
    var recovery: Recovery?
    var processes: [Process] = []
    var slowest: [SlowestRequests.Entry] = []
    var ownCPUSeconds = 0.0
    var busyShare = 0.0
    var usageSeconds = 0.0
    var lateEvents: UInt64 = 0
    var latestNanoseconds: UInt64 = 0
    var wasInterrupted = false

    init(_ options: BenchOptions) { self.options = options }

    init(_ engine: LoadEngine) {
        self.init(engine.options)
        counters = engine.counters
        tally = engine.tally
        sections = engine.recorder.sections
        latency = engine.recorder.total
        openingTimes = engine.openingTimes
        openingSeconds = Double(engine.openingNanoseconds) / 1e9
        measuredSeconds = engine.recorder.window == .never ? 0 : engine.recorder.window.seconds
        if engine.cutSessions > 0 { recovery = Recovery(cut: engine.cutSessions, times: engine.recoveryTimes) }
        let usage = engine.usage
        processes = options.pids.enumerated().map { index, pid in
            Process(
                pid: pid, cpuSeconds: usage.cpuSeconds(index), before: usage.before[index],
                after: index < usage.after.count ? usage.after[index] : nil)
        }
        slowest = engine.traces.slowest.entries
        ownCPUSeconds = usage.ownCPUSeconds
        busyShare = usage.busyShare
        usageSeconds = usage.seconds
        lateEvents = engine.lateEvents
        latestNanoseconds = engine.latestNanoseconds
        wasInterrupted = engine.wasInterrupted
    }

    var rate: Double { measuredSeconds > 0 ? Double(counters.answeredInWindow) / measuredSeconds : 0 }

    var errorPercent: Double? {
        let ended = counters.answered + counters.errors
        return ended == 0 ? nil : Double(counters.errors) / Double(ended) * 100
    }

    /// Of a time in milliseconds. Nil if there is none.
    func value(of metric: BenchMetric) -> Double? {
        switch metric {
        case .p50: quantile(0.5)
        case .p90: quantile(0.9)
        case .p99: quantile(0.99)
        case .p999: quantile(0.999)
        case .max: latency.count > 0 ? Double(latency.max) / 1e6 : nil
        case .mean: latency.count > 0 ? latency.mean / 1e6 : nil
        case .rate: options.scenario == .idle ? nil : rate
        case .errors: Double(counters.errors)
        case .lost: Double(counters.lost + counters.unsent)
        case .duplicates: Double(counters.duplicates)
        case .connects: openingSeconds > 0 ? Double(counters.opened) / openingSeconds : nil
        }
    }

    private func quantile(_ share: Double) -> Double? {
        latency.count > 0 ? Double(latency.quantile(share)) / 1e6 : nil
    }

    /// Microseconds of this program's for each answer.
    var ownMicrosecondsPerEvent: Double? {
        counters.answeredInWindow > 0 ? ownCPUSeconds * 1e6 / Double(counters.answeredInWindow) : nil
    }

    /// Why the figures may be this program's own; nil if they are the gateway's.
    var bottleneck: String? {
        if busyShare > Self.busyShareMax {
            return
                "this client was busy for \(Decimals.significant(busyShare * 100))% of the time, so the figures are as "
                + "much its own as the gateway's: use fewer --sessions, a lower --rate, or a machine of its own"
        }
        let due = Double(latency.count)
        guard due > 0, Double(lateEvents) > due * Self.lateShareMax else { return nil }
        return
            "this client was late for \(lateEvents) pings, by up to \(Decimals.latency(nanoseconds: latestNanoseconds)): "
            + "it did not get the processor when they were due"
    }

    /// What makes the exit status 1, in words.
    var failures: [String] {
        var failures: [String] = []
        func add(_ count: UInt64, _ text: String) { if count > 0 { failures.append("\(count) \(text)") } }
        add(counters.lost, "lost: no answer came")
        add(counters.unsent, "unsent: they were due and could not be sent in time")
        add(counters.duplicates, "duplicates: a request was answered again")
        add(counters.unknown, "unknown: answers to nothing that was asked")
        add(counters.failed, "sessions could not be opened")
        add(counters.missing, "sessions lost their connection and did not come back")
        if options.scenario != .idle, counters.answered == 0 { failures.append("nothing was answered") }
        return failures
    }

    var brokenThresholds: [String] { options.thresholds.compactMap { $0.violation(self) } }
    var exitStatus: Int32 { failures.isEmpty && brokenThresholds.isEmpty ? 0 : 1 }
}
