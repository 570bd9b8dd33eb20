import Foundation
import TestSupport

/// `switchboard dev` on free ports, for the tests of a suite; ends when it is let go, or when the tests end.
final class DevGateway {
    let webSocketURL: String
    let httpURL: String
    /// Where traces are received, or sent to; nil if that is nobody's business.
    let telemetryURL: String?
    private let internalURL: String
    private let process = Process()

    /// - Parameter environment: besides the test's own, without what that says of telemetry.
    init(_ arguments: [String] = [], environment: [String: String] = [:]) throws {
        let stdout = Pipe()
        // Its standard input is a pipe that only this process holds: setpriv ends it when this process dies.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        process.arguments =
            [
                "--pdeathsig", "TERM", BuiltProgram.path, "dev", "--ports", "auto",
            ] + (arguments.contains("--log-level") ? [] : ["--log-level", "error"]) + arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("OTEL_") }
            .merging(environment) { $1 }
        process.standardOutput = stdout
        try process.run()
        var line = Data()
        while let byte = try stdout.fileHandleForReading.read(upToCount: 1), byte != Data([0x0A]), !byte.isEmpty {
            line += byte
        }
        struct Announcement: Decodable {
            let websocket: String
            let http: String
            let telemetry: String?
            let `internal`: [String: String]
        }
        let announcement = try JSONDecoder().decode(Announcement.self, from: line)
        webSocketURL = announcement.websocket
        httpURL = announcement.http
        telemetryURL = announcement.telemetry
        internalURL = announcement.internal["public-web"] ?? ""
    }

    /// The body of the internal listener's answer.
    func sessions() throws -> String {
        let socket = try RawSocket(port: RawSocket.port(of: internalURL))
        socket.send("GET /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return RawResponse.read(socket)?.body ?? ""
    }

    /// As `kill` does.
    func end() {
        process.terminate()
        process.waitUntilExit()
    }

    deinit { if process.isRunning { end() } }
}
