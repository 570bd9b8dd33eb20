/// Measurements as text.
enum Report {
    static func table(_ measurements: [Measurement]) -> String {
        let width = measurements.map(\.benchmark.name.count).max() ?? 0
        var lines = [row("benchmark", "ns", "lowest", "highest", "allocations", "bytes", width)]
        for measurement in measurements {
            lines.append(
                row(
                    measurement.benchmark.name, Decimal.short(measurement.median), Decimal.short(measurement.low),
                    Decimal.short(measurement.high), Decimal.short(measurement.allocations),
                    Decimal.text(measurement.allocatedBytes, digits: 0), width))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(
        _ name: String, _ median: String, _ low: String, _ high: String, _ allocations: String, _ bytes: String,
        _ width: Int
    ) -> String {
        let columns = [(median, 10), (low, 10), (high, 10), (allocations, 12), (bytes, 8)]
        let padding = String(repeating: " ", count: width - name.count)
        return name + padding + columns.map { Decimal.padded($0.0, to: $0.1) }.joined()
    }

    /// Names and operations hold nothing that JSON would have to escape.
    static func json(_ measurements: [Measurement]) -> String {
        let benchmarks = measurements.map { measurement in
            let members: [(String, String)] = [
                ("name", "\"\(measurement.benchmark.name)\""),
                ("operation", "\"\(measurement.benchmark.operation)\""),
                ("clock", "\"\(measurement.benchmark.clock.rawValue)\""),
                ("operations", "\(measurement.operations)"),
                ("nanoseconds", Decimal.text(measurement.median, digits: 3)),
                ("rounds", "[" + measurement.rounds.map { Decimal.text($0, digits: 3) }.joined(separator: ",") + "]"),
                ("allocations", Decimal.text(measurement.allocations, digits: 4)),
                ("allocatedbytes", Decimal.text(measurement.allocatedBytes, digits: 1)),
            ]
            return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
        }
        return "{\"benchmarks\":[" + benchmarks.joined(separator: ",\n") + "]}\n"
    }
}
