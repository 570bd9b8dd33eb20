import Core
import JSON

/// One event of a batch that a tier did not take, and why. A list of them is the body of an answer between the tiers:
/// `[{"index":0,"problem":{…}}]`.
public struct EventFailure: Equatable, Sendable {
    /// The event's position in the batch.
    public let index: Int
    public let problem: Problem

    public init(index: Int, problem: Problem) {
        self.index = index
        self.problem = problem
    }

    public static func encode(_ failures: [EventFailure]) -> [UInt8] {
        var body: [UInt8] = [0x5B]
        for (position, failure) in failures.enumerated() {
            if position > 0 { body.append(0x2C) }
            body.append("{\"index\":")
            body.append(decimal: UInt64(failure.index))
            body.append(",\"problem\":")
            failure.problem.appendJSON(instance: nil, traceID: nil, to: &body)
            body.append(0x7D)
        }
        body.append(0x5D)
        return body
    }

    /// Nil if the body is no such list. A kind that this version does not know becomes an internal error.
    public static func decode(_ body: [UInt8]) -> [EventFailure]? {
        if body.isEmpty || body == [0x5B, 0x5D] { return [] }
        guard let value = try? JSONValue.parse(body), case .array(let elements) = value else { return nil }
        var failures: [EventFailure] = []
        for element in elements {
            guard let index = element["index"]?.integer, let problem = element["problem"] else { return nil }
            failures.append(EventFailure(index: index, problem: Self.problem(problem)))
        }
        return failures
    }

    private static func problem(_ value: JSONValue) -> Problem {
        let type = value["type"]?.string ?? ""
        let name = type.split(separator: ":").last.map(String.init) ?? ""
        return Problem(
            ProblemKind(rawValue: name) ?? .internalError, value["detail"]?.string ?? "",
            retryAfterSeconds: value["retryafter"]?.integer)
    }
}
