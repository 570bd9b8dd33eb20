import Foundation
import TestSupport

/// `deploy/dev` with programs built before, in a folder of its own for what it writes.
final class DevelopmentScript {
    static let path = ProgramFolder.root + "/deploy/dev"

    let processes = MarkedProcesses()
    let folder: TemporaryFolder
    let program: RunningProgram

    init(_ arguments: [String]) throws {
        folder = try TemporaryFolder()
        program = try RunningProgram(
            Self.path, arguments,
            environment: processes.environment.merging(
                ["SWITCHBOARD_BIN_PATH": ProgramFolder.path, "TMPDIR": folder.path]
            ) { $1 })
    }

    /// It needs its folder to the end.
    deinit { program.end() }

    /// The line of JSON that says that all is ready.
    func summary() throws -> Summary {
        let object = try program.announcement(milliseconds: 60_000)
        guard let summary = Summary(object) else {
            throw RunningProgram.Failure(description: "not the members that were promised: \(object)")
        }
        return summary
    }

    /// Nothing runs any more, and nothing lies about.
    func hasLeftNothing() -> Bool {
        Polling.until(milliseconds: 20_000) { processes.running.isEmpty && folder.names.isEmpty }
    }

    var leftovers: String { "\(processes.running) \(folder.names)" }

    /// Exactly the members of the line.
    struct Summary {
        let websocket: String
        let http: String
        let internals: [String: String]
        let amqp: String?
        /// Where traces are received.
        let telemetry: String?
        let pids: [String: Int32?]

        init?(_ object: [String: Any]) {
            guard object.keys.sorted() == ["amqp", "http", "internal", "pids", "telemetry", "websocket"],
                let websocket = object["websocket"] as? String, let http = object["http"] as? String,
                let internals = object["internal"] as? [String: String], let pids = object["pids"] as? [String: Any],
                internals.keys.sorted() == ["dispatcher", "ping-listener", "public-web"],
                pids.keys.sorted() == ["dispatcher", "ping-listener", "public-web", "rabbitmq"],
                object["amqp"] is String || object["amqp"] is NSNull,
                object["telemetry"] is String || object["telemetry"] is NSNull
            else { return nil }
            self.websocket = websocket
            self.http = http
            self.internals = internals
            amqp = object["amqp"] as? String
            telemetry = object["telemetry"] as? String
            self.pids = pids.mapValues { ($0 as? NSNumber)?.int32Value }
        }
    }
}
