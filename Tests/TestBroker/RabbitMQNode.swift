import Core
import Foundation

/// A RabbitMQ node of the tests' own, started by `deploy/rabbitmq`. It is stopped and its folder removed when the test
/// process ends, however that ends.
public final class RabbitMQNode: Sendable {
    public struct StartError: Error { public let text: String }

    public let amqp: String
    public let amqps: String?
    public let certificateFile: String
    private let folder: String
    private let processID: Mutex<Int32>

    /// For tests that leave the node alone. `SWITCHBOARD_TEST_AMQP_URL` names another broker to use instead.
    public static let shared = Result { try RabbitMQNode() }
    /// For tests that restart, kill or starve it: they run one at a time.
    public static let mistreated = Result { try RabbitMQNode() }

    /// The URL of the broker for tests that leave it alone.
    public static func sharedURL() throws -> String {
        if let url = ProcessInfo.processInfo.environment["SWITCHBOARD_TEST_AMQP_URL"] { return url }
        return try shared.get().amqp
    }

    private static let script = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("deploy/rabbitmq").path

    private struct Description: Decodable {
        let amqp: String
        let amqps: String?
        let pid: Int32
    }

    public init() throws {
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("switchboard-rabbitmq-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        certificateFile = "\(folder)/certificate.pem"
        let key = "\(folder)/key.pem"
        try Self.watch(folder)
        try Self.run(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificateFile,
                "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            ])
        let output = try Self.run(Self.script, ["start", "\(folder)/node", "--tls", certificateFile, key])
        let description = try JSONDecoder().decode(Description.self, from: Data(output.utf8))
        amqp = description.amqp
        amqps = description.amqps
        processID = Mutex(description.pid)
    }

    /// Starts a process that waits for the end of its standard input, which is the end of this process.
    private static func watch(_ folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [
            "-c",
            "trap '' INT TERM HUP; cat > /dev/null; \"$0\" kill \"$1/node\"; \"$0\" stop \"$1/node\"; rm -rf \"$1\"",
            script, folder,
        ]
        let pipe = Pipe()
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        watched.withLock { $0.append(pipe) }
    }

    private static let watched = Mutex<[Pipe]>([])

    @discardableResult
    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw StartError(text: "\(program) \(arguments) failed with \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }

    public func kill() throws { try Self.run(Self.script, ["kill", "\(folder)/node"]) }

    public func stop() throws { try Self.run(Self.script, ["stop", "\(folder)/node"]) }

    public func start() throws {
        let output = try Self.run(Self.script, ["start", "\(folder)/node"])
        let pid = try JSONDecoder().decode(Description.self, from: Data(output.utf8)).pid
        processID.withLock { $0 = pid }
    }

    /// Stops the process in its tracks, or lets it go on; its sockets stay.
    public func freeze(_ isFrozen: Bool) {
        _ = Foundation.kill(processID.withLock { $0 }, isFrozen ? SIGSTOP : SIGCONT)
    }

    @discardableResult
    public func control(_ arguments: String...) throws -> String {
        try Self.run(Self.script, ["ctl", "\(folder)/node"] + arguments)
    }
}
