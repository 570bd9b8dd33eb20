/// The syntax of the header `Server-Timing` (W3C Server Timing §3): `web;dur=0.2, broker;dur=1.5;desc="…"`.
enum ServerTiming {
    /// The metrics that have a duration; what is malformed is left out.
    static func parse(_ text: String) -> [(name: String, milliseconds: Double)] {
        text.split(separator: ",").compactMap { metric in
            let parts = metric.split(separator: ";").map { $0.trimming(" ") }
            guard let name = parts.first, !name.isEmpty else { return nil }
            for part in parts.dropFirst() where part.hasPrefix("dur=") {
                guard let duration = Double(part.dropFirst(4)), duration >= 0, duration < 1e9 else { return nil }
                return (String(name), duration)
            }
            return nil
        }
    }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> Substring {
        var text = self
        while text.first == character { text = text.dropFirst() }
        while text.last == character { text = text.dropLast() }
        return text
    }
}
