import Foundation
import TestSupport

/// `switchboard ping` in the background.
final class Pinging {
    private let program: RunningProgram

    /// Returns with the first answer. - Parameters:
    ///   - interval: seconds.
    ///   - options: further ones.
    init(_ url: String, interval: String, timeout: String = "40", _ options: [String] = []) throws {
        let arguments = ["ping", "--json", "-i", interval, "-W", timeout] + options + [url]
        program = try RunningProgram("switchboard", arguments)
        guard Polling.until({ program.printed.contains("\"answer\"") || !program.isRunning }), program.isRunning else {
            throw RunningProgram.Failure(description: "no answer to a ping:\n\(program.printed)\n\(program.logged)")
        }
    }

    /// What it has printed so far.
    var ledger: PingLedger { PingLedger(program.printed) }

    var hasEnded: Bool { !program.isRunning }

    /// Waits for so many further answers.
    func awaitAnswers(_ count: Int) -> Bool {
        let goal = ledger.answered.count + count
        return wait { $0.answered.count >= goal }
    }

    /// Waits for what is printed. Each look reads all of it, so they are few.
    func wait(milliseconds: Int = 60_000, until condition: (PingLedger) -> Bool) -> Bool {
        for _ in 0...milliseconds / 50 {
            if condition(ledger) { return true }
            usleep(50_000)
        }
        return false
    }

    /// Waits until every ping has ended but those that were sent last, and interrupts. So none was forgotten, whatever
    /// is on its way at that moment.
    func finish() throws -> PingLedger {
        guard wait(until: { $0.hasNoGap }) else {
            throw RunningProgram.Failure(description: "pings with neither answer nor error: \(ledger)")
        }
        program.signal(SIGINT)
        return try end()
    }

    /// Waits until it ends by itself.
    func end() throws -> PingLedger {
        _ = try program.status()
        return ledger
    }

    /// Runs so many pings to their end. - Parameter options: further ones.
    static func run(_ url: String, count: Int = 1, _ options: [String] = []) throws -> PingLedger {
        let arguments = ["ping", "--json", "-i", "0", "-c", "\(count)", "-W", "40"] + options + [url]
        let result = try RunningProgram.run("switchboard", arguments)
        let ledger = PingLedger(result.output)
        guard (result.status == 0) == (ledger.answered.count == count) else {
            throw RunningProgram.Failure(description: "status \(result.status) after\n\(result.output)\(result.errors)")
        }
        return ledger
    }
}
