import Configuration
import JSON

/// A line typed into `connect`.
enum ConnectInstruction: Equatable {
    case ping(count: Int)
    /// - data: JSON.
    case send(type: String, data: [UInt8]?)
    case status
    case drop
    case help
    case quit

    static let names = ["drop", "help", "ping", "quit", "send", "status"]
    private static let pingsMax = 1000

    static let summary = """
          ping [N]          sends a PingRequest, or N of them at once (at most 1000)
          send TYPE [JSON]  sends an event of that type, with that data
          status            the session, its connection, and what was sent and answered
          drop              cuts the connection without a goodbye; it is made anew and the session resumed
          help              this
          quit              ends, as do exit and Ctrl-D
        """

    /// Nil for an empty line or a comment.
    static func parse(_ line: String) throws(UsageError) -> ConnectInstruction? {
        let words = line.split(maxSplits: 2, whereSeparator: \.isWhitespace)
        guard let name = words.first, !name.hasPrefix("#") else { return nil }
        switch name.lowercased() {
        case "ping": return try parsePing(words.dropFirst())
        case "send": return try parseSend(line, words)
        case "status": return .status
        case "drop": return .drop
        case "help", "?": return .help
        case "quit", "exit", "bye": return .quit
        case let other:
            let nearest = EditDistance.nearest(to: other, among: names)
            throw UsageError(
                "there is no command `\(Printable.text(String(name)))`"
                    + (nearest.map { "; did you mean `\($0)`?" } ?? "; `help` lists them"))
        }
    }

    private static func parsePing(_ words: ArraySlice<Substring>) throws(UsageError) -> ConnectInstruction {
        guard let word = words.first else { return .ping(count: 1) }
        guard words.count == 1, let count = Int(word), (1...pingsMax).contains(count) else {
            throw UsageError("ping wants a number from 1 to \(pingsMax), or nothing")
        }
        return .ping(count: count)
    }

    private static func parseSend(_ line: String, _ words: [Substring]) throws(UsageError) -> ConnectInstruction {
        guard words.count >= 2 else {
            throw UsageError("send wants a type, and JSON if need be: send PingRequest {\"a\":1}")
        }
        let type = String(words[1])
        guard words.count == 3 else { return .send(type: type, data: nil) }
        let data = Array(words[2].drop(while: \.isWhitespace).utf8)
        do throws(JSONError) { _ = try JSONValue.parse(data) } catch {
            throw UsageError("what follows the type is not JSON: \(error)")
        }
        return .send(type: type, data: data)
    }
}
