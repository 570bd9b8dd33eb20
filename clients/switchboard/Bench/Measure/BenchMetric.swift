/// A figure that a limit can be set to, and that two runs are compared by.
enum BenchMetric: String, CaseIterable {
    case p50
    case p90
    case p99
    case p999 = "p99.9"
    case max
    case mean
    case rate
    case errors
    case lost
    case duplicates
    case connects

    /// Milliseconds; otherwise a number.
    var isLatency: Bool {
        switch self {
        case .p50, .p90, .p99, .p999, .max, .mean: true
        case .rate, .errors, .lost, .duplicates, .connects: false
        }
    }

    /// Whether a larger value is a better one.
    var prefersMore: Bool { self == .rate || self == .connects }

    static let names = allCases.map(\.rawValue).joined(separator: ", ")

    func text(_ value: Double) -> String {
        switch self {
        case .rate, .connects: "\(Decimals.significant(value))/s"
        case .errors, .lost, .duplicates: Decimals.short(value)
        default: Decimals.latency(milliseconds: value)
        }
    }
}
