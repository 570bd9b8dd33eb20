import CLinux
import JSON
import Program

/// `switchboard bench`.
enum BenchCommand {
    /// For all that is no session: standard streams, the loop, timers, files that are looked at.
    private static let descriptorsReserved = 32

    static func run(_ arguments: [String]) throws -> CInt {
        let options: BenchOptions
        switch try BenchOptions.syntax.parse(arguments) {
        case .help(let text):
            StandardStreams.write(text, toError: false)
            return 0
        case .arguments(let parsed): options = try BenchOptions(parsed)
        }
        options.connection.warn()
        let baseline = try options.compare.map { file throws(UsageError) in try BenchComparison(file: file) }
        try checkDescriptors(options.sessions, limit: Int(clinux_raise_descriptor_limit()))
        let signals = try TerminationSignals()
        let engine = try LoadEngine(options, progress: ProgressOutput())
        try engine.execute(signals)
        let report = BenchReport(engine)
        print(report, baseline)
        return report.exitStatus
    }

    static func checkDescriptors(_ sessions: Int, limit: Int) throws(UsageError) {
        guard sessions > limit - descriptorsReserved else { return }
        throw UsageError(
            "--sessions \(sessions) need as many open files, and this process may have \(limit) (ulimit -Hn): "
                + "take at most \(max(limit - descriptorsReserved, 0)), or raise the limit")
    }

    private static func print(_ report: BenchReport, _ baseline: BenchComparison?) {
        if report.options.connection.printsJSON {
            var json = report.json
            if let baseline, case .object(let members) = json {
                json = .object(members + [("compare", baseline.json(report))])
            }
            var bytes: [UInt8] = []
            json.append(to: &bytes)
            StandardStreams.write(String(decoding: bytes, as: UTF8.self) + "\n", toError: false)
        } else {
            StandardStreams.write(report.text + "\n", toError: false)
            if let baseline { StandardStreams.write("\n" + baseline.text(report) + "\n", toError: false) }
        }
        for line in report.failures + report.brokenThresholds {
            StandardStreams.write("switchboard: \(line)\n", toError: true)
        }
    }
}
