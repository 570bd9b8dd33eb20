import CBenchmarks
import Glibc

@main enum BenchmarksProgram {
    static func main() {
        let options: Options
        do throws(Options.Wrong) {
            options = try Options(Array(CommandLine.arguments.dropFirst()))
        } catch {
            say("benchmarks: \(error.reason); see --help")
            exit(2)
        }
        if options.isHelp { return print(Options.usage, terminator: "") }
        let chosen = Benchmark.all.filter { options.filter.isEmpty || $0.name.contains(options.filter) }
        if options.isList {
            for benchmark in chosen { print("\(benchmark.name)  \(benchmark.operation)") }
            return
        }
        guard !chosen.isEmpty else {
            say("benchmarks: no name contains `\(options.filter)`; see --list")
            exit(2)
        }
        guard benchmarks_can_count() else {
            say("benchmarks: this build has another allocator, whose allocations can't be counted")
            exit(2)
        }
        let miscounted = CountingCheck.failures()
        let measurements = measure(chosen, options)
        print(options.isJSON ? Report.json(measurements) : Report.table(measurements), terminator: "")
        fflush(nil)
        exit(conclude(measurements, miscounted))
    }

    /// In turns, so that what disturbs the machine for a second does not hit one benchmark alone.
    private static func measure(_ benchmarks: [Benchmark], _ options: Options) -> [Measurement] {
        var measurements = benchmarks.map { Measurement($0) }
        for at in measurements.indices {
            measurements[at].calibrate(roundNanoseconds: options.milliseconds * 1_000_000)
        }
        for _ in 0..<options.rounds {
            for at in measurements.indices { measurements[at].addRound() }
        }
        return measurements
    }

    private static func conclude(_ measurements: [Measurement], _ miscounted: [String]) -> CInt {
        for what in miscounted { say("FAILED counting allocations: \(what)") }
        var failed = miscounted.isEmpty ? 0 : 1
        for measurement in measurements {
            guard let failure = measurement.failure else { continue }
            failed += 1
            say("FAILED \(measurement.benchmark.name): \(failure)")
        }
        say("\(measurements.count + 1 - failed) passed, \(failed) failed")
        return failed == 0 ? 0 : 1
    }

    private static func say(_ line: String) {
        let line = Array((line + "\n").utf8)
        write(2, line, line.count)
    }
}
