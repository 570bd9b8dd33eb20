import Core

/// Writes metrics in the text formats that Prometheus reads.
public enum PrometheusText {
    public enum Format: Sendable {
        case prometheus
        case openMetrics

        public var contentType: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }

        /// What a scraper with that `Accept` header gets.
        public init(accept: String?) {
            self = accept?.contains("application/openmetrics-text") == true ? .openMetrics : .prometheus
        }
    }

    public static func encode(_ metrics: [MetricSnapshot], _ format: Format) -> [UInt8] {
        var output: [UInt8] = []
        for metric in metrics { append(metric, format, to: &output) }
        if format == .openMetrics { output.append("# EOF\n") }
        return output
    }

    private static func append(_ metric: MetricSnapshot, _ format: Format, to output: inout [UInt8]) {
        let suffix = unitSuffix(metric.unit)
        let family = familyName(metric, suffix)
        let total = metric.kind == .counter ? "_total" : ""
        // OpenMetrics names a counter's family without the suffix of its samples.
        let shown = format == .openMetrics ? family : family + total
        let help = escaped(metric.help, quotes: format == .openMetrics)
        output.append(utf8: "# HELP \(shown) \(help)\n# TYPE \(shown) \(metric.kind.rawValue)\n")
        if format == .openMetrics, let suffix { output.append(utf8: "# UNIT \(shown) \(suffix)\n") }
        for series in metric.series {
            switch series.value {
            case .integer(let value): output.append(utf8: "\(family)\(total)\(text(series.labels)) \(value)\n")
            case .double(let value): output.append(utf8: "\(family)\(total)\(text(series.labels)) \(number(value))\n")
            case .histogram(let histogram): append(histogram, family, series.labels, format, to: &output)
            }
        }
    }

    private static func append(
        _ histogram: HistogramSnapshot, _ family: String, _ labels: MetricsRegistry.Labels, _ format: Format,
        to output: inout [UInt8]
    ) {
        var count: UInt64 = 0
        for index in histogram.counts.indices {
            count &+= histogram.counts[index]
            let bound = index < histogram.bounds.count ? "\(histogram.bounds[index])" : "+Inf"
            output.append(utf8: "\(family)_bucket\(text(labels + [("le", bound)])) \(count)")
            if format == .openMetrics, let exemplar = histogram.exemplars[index] { append(exemplar, to: &output) }
            output.append(0x0A)
        }
        output.append(utf8: "\(family)_sum\(text(labels)) \(number(histogram.sum))\n")
        output.append(utf8: "\(family)_count\(text(labels)) \(count)\n")
    }

    private static func append(_ exemplar: Exemplar, to output: inout [UInt8]) {
        output.append(utf8: " # {trace_id=\"\(exemplar.context.traceIDText)\"")
        output.append(utf8: ",span_id=\"\(exemplar.context.spanIDText)\"} \(number(exemplar.value)) ")
        output.append(decimal: exemplar.wallNanoseconds / 1_000_000_000)
        output.append(0x2E)
        output.append(decimal: exemplar.wallNanoseconds / 1_000_000 % 1000, width: 3)
    }

    /// Prometheus has the unit in the name, and a counter's ending apart.
    private static func familyName(_ metric: MetricSnapshot, _ suffix: String?) -> String {
        var name = legal(metric.name)
        if metric.kind == .counter, name.hasSuffix("_total") { name.removeLast("_total".count) }
        guard let suffix, !name.hasSuffix("_" + suffix) else { return name }
        return "\(name)_\(suffix)"
    }

    private static func unitSuffix(_ unit: String) -> String? {
        switch unit {
        case "s": "seconds"
        case "ms": "milliseconds"
        case "By": "bytes"
        default: nil
        }
    }

    private static func legal(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
    }

    private static func text(_ labels: MetricsRegistry.Labels) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\(legal($0.0))=\"\(escaped($0.1, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
