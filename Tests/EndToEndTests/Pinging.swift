import Foundation
import TestSupport

/// `switchboard ping` in the background, and what it counted in the end.
final class Pinging {
    private let program: RunningProgram

    /// - Parameter interval: seconds.
    init(_ url: String, interval: String, timeout: String = "40") throws {
        program = try RunningProgram("switchboard", ["ping", "--json", "-i", interval, "-W", timeout, url])
        guard Polling.until({ program.printed.contains("\"answer\"") || !program.isRunning }), program.isRunning else {
            throw RunningProgram.Failure(description: "no answer to a ping:\n\(program.printed)\n\(program.logged)")
        }
    }

    var answered: Int { program.printed.components(separatedBy: "\"event\":\"answer\"").count - 1 }

    /// Waits for so many further answers.
    func awaitAnswers(_ count: Int, milliseconds: Int = 60_000) -> Bool {
        let goal = answered + count
        return Polling.until(milliseconds: milliseconds) { answered >= goal }
    }

    /// Ends it. - Returns: the lines that it printed, as JSON.
    func finish() throws -> [[String: Any]] {
        program.signal(SIGINT)
        _ = try program.status()
        return program.printed.split(separator: "\n").compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
        }
    }
}
