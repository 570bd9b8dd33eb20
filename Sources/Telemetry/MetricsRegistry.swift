import Core

/// The metrics of a process, by name and labels, and their Prometheus text. From any thread.
///
/// Asking again for the same name and labels yields the same metric, so that several loops can count into one.
public final class MetricsRegistry: Sendable {
    public typealias Labels = [(String, String)]

    private enum Reading: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case computed(@Sendable () -> Double)
    }

    private struct Family: Sendable {
        let help: String
        let type: String
        var series: [(labels: String, reading: Reading)] = []
    }

    private let families = Mutex<(order: [String], byName: [String: Family])>(([], [:]))

    public init() {}

    public func counter(_ name: String, _ help: String, labels: Labels = []) -> Counter {
        let reading = register(name, help, "counter", labels) { .counter(Counter()) }
        guard case .counter(let counter) = reading else { preconditionFailure("\(name) is no counter") }
        return counter
    }

    public func gauge(_ name: String, _ help: String, labels: Labels = []) -> Gauge {
        let reading = register(name, help, "gauge", labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = reading else { preconditionFailure("\(name) is no settable gauge") }
        return gauge
    }

    /// A gauge that is read when asked for. - Parameter read: from any thread; must not block.
    public func gauge(_ name: String, _ help: String, labels: Labels = [], _ read: @escaping @Sendable () -> Double) {
        _ = register(name, help, "gauge", labels) { .computed(read) }
    }

    /// A counter that is read when asked for: for counts that are kept elsewhere.
    public func counter(_ name: String, _ help: String, labels: Labels = [], _ read: @escaping @Sendable () -> Double) {
        _ = register(name, help, "counter", labels) { .computed(read) }
    }

    private func register(
        _ name: String, _ help: String, _ type: String, _ labels: Labels, _ make: () -> Reading
    ) -> Reading {
        let text = Self.text(labels)
        return families.withLock { families in
            if families.byName[name] == nil {
                families.order.append(name)
                families.byName[name] = Family(help: help, type: type)
            }
            if let known = families.byName[name]?.series.first(where: { $0.labels == text }) { return known.reading }
            let reading = make()
            families.byName[name]?.series.append((text, reading))
            return reading
        }
    }

    /// The text exposition format, version 0.0.4.
    public func prometheusText() -> [UInt8] {
        let (order, byName) = families.withLock { $0 }
        var output: [UInt8] = []
        for name in order {
            guard let family = byName[name] else { continue }
            output.append(
                utf8: "# HELP \(name) \(Self.escaped(family.help, quotes: false))\n# TYPE \(name) \(family.type)\n")
            for (labels, reading) in family.series {
                output.append(utf8: name + labels + " ")
                switch reading {
                case .counter(let counter): output.append(decimal: counter.value)
                case .gauge(let gauge): output.append(utf8: String(gauge.value))
                case .computed(let read): output.append(utf8: Self.number(read()))
                }
                output.append(0x0A)
            }
        }
        return output
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func text(_ labels: Labels) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.0)=\"\(escaped($0.1, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.append(character)
            }
        }
        return result
    }
}
