/// The lines that `switchboard ping --json` printed: what became of each ping.
struct PingLedger: CustomStringConvertible {
    private let lines: [[String: Any]]

    init(_ printed: String) { lines = printed.split(separator: "\n").map { JSONText.object($0) } }

    private func lines(_ event: String) -> [[String: Any]] { lines.filter { $0["event"] as? String == event } }

    /// Sequence numbers, in the order of the answers.
    var answered: [Int] { lines("answer").compactMap { $0["seq"] as? Int } }
    var failed: [Int] { lines("error").compactMap { $0["seq"] as? Int } }
    /// `503 The message broker can't be reached`, and so on.
    var errors: [String] { lines("error").map { "\($0["status"] ?? "-") \($0["title"] ?? "-")" } }
    var session: String? { lines("start").first?["session"] as? String }
    var closed: String? { lines("closed").first?["detail"] as? String }
    /// Of sessions that took the place of a lost one.
    var renewed: [String] { lines("renewed").compactMap { $0["session"] as? String } }
    /// The events that answered.
    var answers: [[String: Any]] { lines("answer").compactMap { $0["answer"] as? [String: Any] } }
    var identifiers: [String] { lines("answer").compactMap { $0["id"] as? String } }

    /// Whether each ping up to the last one that has ended has.
    var hasNoGap: Bool {
        let ended = Set(answered + failed)
        return ended.max() == ended.count
    }

    /// What does not add up; empty if each ping ended at most once, and the summary counts the same.
    var faults: [String] {
        var faults: [String] = []
        if Set(answered + failed).count != answered.count + failed.count { faults.append("a ping ended twice") }
        guard let summary = lines("summary").first else { return faults + ["no summary"] }
        let (sent, waiting) = (summary["sent"] as? Int ?? -1, summary["waiting"] as? Int ?? -1)
        if summary["answered"] as? Int != answered.count { faults.append("another number of answers") }
        if summary["lost"] as? Int != failed.count { faults.append("another number of errors") }
        if answered.count + failed.count + waiting != sent { faults.append("answers and errors are not what was sent") }
        return faults
    }

    var description: String {
        "\(answered.count) answered, \(failed.count) failed: \(Set(errors).sorted()), \(faults), closed: \(closed ?? "no")"
    }
}
