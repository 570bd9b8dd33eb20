import Core
import JSON

/// What public-web knows of an event, `GET /events/{id}`, for people.
struct EventTimelineText {
    /// As it came.
    let body: [UInt8]
    private let id: String
    private let state: String
    private let problem: String?
    private let stages: [(name: String, wallNanoseconds: UInt64)]

    /// Nil if it is no timeline.
    init?(_ body: [UInt8]) {
        guard let json = try? JSONValue.parse(body), let id = json["id"]?.string, let state = json["state"]?.string,
            case .array(let elements)? = json["timeline"]
        else { return nil }
        self.body = body
        self.id = id
        self.state = state
        problem = json["problem"]?.string
        stages = elements.compactMap { element in
            guard let name = element["stage"]?.string, let text = element["time"]?.string,
                let time = Array(text.utf8).withUnsafeBytes({ RFC3339.parse($0) })
            else { return nil }
            return (name, time)
        }
    }

    func lines(_ style: TextStyle) -> [String] {
        let outcome = problem.map { "\(state): \($0)" } ?? state
        let title =
            style.apply(.strong, "event \(Printable.text(id))") + "  "
            + style.apply(state == "failed" ? .error : .strong, Printable.text(outcome))
        guard let first = stages.first?.wallNanoseconds else { return [title] }
        return [title]
            + stages.map { name, time in
                let offset = Int64(clamping: time) - Int64(clamping: first)
                let isServices = name == "consumed" || name == "answered"
                return StyledLine.column(TimeText.number(offset, inSeconds: false), 9, alignsRight: true) + "  "
                    + StyledLine.column(Printable.text(name), 13)
                    + style.apply(
                        .faint, TimeText.dateTime(time) + (isServices ? "  by the service's clock" : ""))
            }
    }
}
