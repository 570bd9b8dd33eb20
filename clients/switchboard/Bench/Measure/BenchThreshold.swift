/// A limit that a run has to keep: `p99<20ms`.
struct BenchThreshold: Equatable {
    enum Comparison: String {
        case less = "<"
        case lessOrEqual = "<="
        case more = ">"
        case moreOrEqual = ">="
    }
    enum Unit { case plain, milliseconds, percent }

    /// As it was written.
    let text: String
    let metric: BenchMetric
    let comparison: Comparison
    /// In milliseconds, if it is a time.
    let value: Double
    let unit: Unit

    init(parsing text: String) throws(UsageError) {
        let malformed = UsageError(
            "--threshold wants METRIC<VALUE or METRIC>VALUE, as 'p99<20ms' or 'rate>5000', not `\(Printable.text(text))`"
        )
        guard let at = text.firstIndex(where: { $0 == "<" || $0 == ">" }) else { throw malformed }
        var rest = text[text.index(after: at)...]
        let isInclusive = rest.hasPrefix("=")
        if isInclusive { rest = rest.dropFirst() }
        let name = Self.trimmed(text[..<at])
        guard let metric = BenchMetric(rawValue: name == "p999" ? "p99.9" : name) else {
            throw UsageError("--threshold knows \(BenchMetric.names), not `\(Printable.text(name))`")
        }
        guard let comparison = Comparison(rawValue: String(text[at]) + (isInclusive ? "=" : "")),
            let (value, unit) = Self.value(Self.trimmed(rest))
        else { throw malformed }
        switch (metric.isLatency, unit) {
        case (true, .milliseconds), (false, .plain): break
        case (false, .percent) where metric == .errors: break
        case (true, _): throw UsageError("\(name) is a time: --threshold '\(name)<20ms' (or us, or s)")
        case (false, _): throw UsageError("\(name) is a number: --threshold '\(name)\(comparison.rawValue)100'")
        }
        self.text = text
        self.metric = metric
        self.comparison = comparison
        self.value = value
        self.unit = unit
    }

    private static func value(_ text: String) -> (Double, Unit)? {
        let units: [(String, Double, Unit)] = [
            ("us", 0.001, .milliseconds), ("µs", 0.001, .milliseconds), ("ms", 1, .milliseconds),
            ("s", 1000, .milliseconds), ("%", 1, .percent), ("", 1, .plain),
        ]
        guard let (suffix, factor, unit) = units.first(where: { text.hasSuffix($0.0) }) else { return nil }
        let digits = text.dropLast(suffix.count)
        // Not what else `Double` takes, as `nan` or `0x1p3`.
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }),
            let number = Double(digits)
        else { return nil }
        return (number * factor, unit)
    }

    private static func trimmed(_ text: Substring) -> String { text.filter { $0 != " " } }

    /// Nil if it holds, else the line that says by how much it does not.
    func violation(_ report: BenchReport) -> String? {
        let measured = unit == .percent ? report.errorPercent : report.value(of: metric)
        guard let measured else { return "threshold \(text) broken: nothing was measured" }
        let holds =
            switch comparison {
            case .less: measured < value
            case .lessOrEqual: measured <= value
            case .more: measured > value
            case .moreOrEqual: measured >= value
            }
        if holds { return nil }
        let said = unit == .percent ? "\(Decimals.significant(measured))%" : metric.text(measured)
        return "threshold \(text) broken: \(metric.rawValue) is \(said)"
    }
}
