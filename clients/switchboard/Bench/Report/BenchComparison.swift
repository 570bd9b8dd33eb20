import Configuration
import Core
import JSON

/// The figures of an earlier run, beside those of this one.
struct BenchComparison {
    struct Row: Equatable {
        let metric: BenchMetric
        let before: Double
        let now: Double

        /// Nil if there is nothing to take a share of.
        var changePercent: Double? { before > 0 ? (now - before) / before * 100 : nil }
    }

    private let metrics: [BenchMetric: Double]
    /// What differs in the load itself.
    private let load: [(name: String, value: String)]

    init(file: String) throws(UsageError) {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try FileReader.read(file).get() } catch {
            throw UsageError("--compare can't read \(Printable.text(file)): \(error.reason)")
        }
        do throws(UsageError) { try self.init(json: bytes) } catch {
            throw UsageError("--compare wants what --json wrote, and \(Printable.text(file)) is something else")
        }
    }

    init(json bytes: [UInt8]) throws(UsageError) {
        guard let value = try? JSONValue.parse(bytes), value["event"]?.string == "bench",
            case .object(let members)? = value["metrics"]
        else { throw UsageError("no result of a bench") }
        var metrics: [BenchMetric: Double] = [:]
        for (name, value) in members {
            if let metric = BenchMetric(rawValue: name), let number = value.double { metrics[metric] = number }
        }
        self.metrics = metrics
        load = Self.load(value)
    }

    private static let loadNames = ["scenario", "http", "sessions", "loop", "inflight", "wantedrate", "size"]

    private static func load(_ report: JSONValue) -> [(name: String, value: String)] {
        loadNames.map { name in
            switch report[name] {
            case .string(let text), .number(let text): (name, Printable.text(text))
            case .bool(let flag): (name, flag ? "yes" : "no")
            default: (name, "none")
            }
        }
    }

    func rows(_ report: BenchReport) -> [Row] {
        BenchMetric.allCases.compactMap { metric in
            guard let before = metrics[metric], let now = report.value(of: metric) else { return nil }
            return Row(metric: metric, before: before, now: now)
        }
    }

    /// In what the loads differ, so that their figures may too.
    func differences(_ report: BenchReport) -> [String] {
        zip(load, Self.load(report.json)).compactMap { before, now in
            before.value == now.value ? nil : "\(now.name) was \(before.value), is \(now.value)"
        }
    }

    func text(_ report: BenchReport) -> String {
        let table = rows(report).map { row in
            let change = row.changePercent.map { ($0 > 0 ? "+" : "") + Decimals.tenths($0) + "%" } ?? ""
            return [row.metric.rawValue, row.metric.text(row.before), "→ " + row.metric.text(row.now), change]
        }
        let notes = differences(report).map { "  not the same load: \($0)" }
        return (["compared with the earlier run"] + notes + [TextTable.text(table)]).joined(separator: "\n")
    }

    func json(_ report: BenchReport) -> JSONValue {
        .object(
            rows(report).map { row in
                (
                    row.metric.rawValue,
                    .object([
                        ("before", BenchReport.number(row.before)), ("now", BenchReport.number(row.now)),
                        ("changepercent", row.changePercent.map(BenchReport.number) ?? .null),
                    ])
                )
            })
    }
}
