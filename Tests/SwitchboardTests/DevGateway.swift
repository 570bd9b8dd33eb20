import Foundation

/// `switchboard dev` on free ports, for the tests of a suite; ends when it is let go, or when the tests end.
final class DevGateway {
    let webSocketURL: String
    let httpURL: String
    private let process = Process()

    init() throws {
        let stdout = Pipe()
        // Its standard input is a pipe that only this process holds: setpriv ends it when this process dies.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        process.arguments = [
            "--pdeathsig", "TERM", BuiltProgram.path, "dev", "--ports", "auto", "--log-level", "error",
        ]
        process.standardOutput = stdout
        try process.run()
        var line = Data()
        while let byte = try stdout.fileHandleForReading.read(upToCount: 1), byte != Data([0x0A]), !byte.isEmpty {
            line += byte
        }
        struct Announcement: Decodable {
            let websocket: String
            let http: String
        }
        let announcement = try JSONDecoder().decode(Announcement.self, from: line)
        webSocketURL = announcement.websocket
        httpURL = announcement.http
    }

    /// As `kill` does.
    func end() {
        process.terminate()
        process.waitUntilExit()
    }

    deinit { if process.isRunning { end() } }
}
