import TestSupport

/// `switchboard dead-letters` on one broker.
struct DeadLetterCalls {
    private let amqp: String

    init(_ amqp: String) { self.amqp = amqp }

    @discardableResult
    func run(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
        try RunningProgram.run(
            "switchboard", ["dead-letters"] + arguments, environment: ["SWITCHBOARD_AMQP_URL": amqp])
    }

    /// What `list --json` shows, with further options.
    func list(_ options: String...) throws -> [[String: Any]] {
        let result = try RunningProgram.run(
            "switchboard", ["dead-letters", "list", "--json"] + options, environment: ["SWITCHBOARD_AMQP_URL": amqp])
        guard result.status == 0 else {
            throw RunningProgram.Failure(description: "list: \(result.status) \(result.errors)")
        }
        return result.output.split(separator: "\n").map { JSONText.object($0) }
    }

    func ids(_ options: String...) throws -> [String] {
        try list().compactMap { $0["id"] as? String }
    }

    func await(_ count: Int) throws {
        for _ in 0..<100 {
            if try list().count == count { return }
            Polling.until(milliseconds: 100) { false }
        }
        throw RunningProgram.Failure(description: "\(try list().count) dead letters instead of \(count)")
    }
}
