import JSON

/// Why a request has no answer.
struct RequestProblem: Equatable, CustomStringConvertible {
    /// The problem's status; nil if it never got as far as that.
    var status: Int?
    var title: String
    var detail: String

    init(status: Int?, title: String, detail: String = "") {
        self.status = status
        self.title = title
        self.detail = detail
    }

    /// - Parameter problem: `application/problem+json` (RFC 9457), or nil if the body is something else.
    init(_ problem: JSONValue?, status: Int?) {
        self.status = problem?["status"]?.integer ?? status
        title = problem?["title"]?.string ?? "Error"
        detail = problem?["detail"]?.string ?? ""
    }

    var description: String {
        let head = (status.map { "\($0) " } ?? "") + title
        return Printable.text(detail.isEmpty ? head : "\(head): \(detail)")
    }

    var json: [(String, JSONValue)] {
        (status.map { [("status", .number(String($0)))] } ?? [])
            + [("title", .string(title)), ("detail", .string(detail))]
    }
}
