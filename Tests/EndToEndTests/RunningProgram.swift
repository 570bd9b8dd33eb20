import Foundation
import TestSupport

/// A program as a process of its own. It is ended when it is let go, and dies with the tests.
final class RunningProgram {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let name: String
    private let process = Process()
    private let output: URL
    private let errors: URL

    /// - Parameter program: a path, or the name of one of the release programs.
    init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        name = program.split(separator: "/").last.map(String.init) ?? program
        let path = program.hasPrefix("/") ? program : try ProgramFolder.path(of: program)
        let folder = FileManager.default.temporaryDirectory
        output = folder.appendingPathComponent("switchboard-\(name)-\(UUID().uuidString).out")
        errors = output.deletingPathExtension().appendingPathExtension("err")
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        process.arguments = ["--pdeathsig", "TERM", path] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit {
        end()
        for file in [output, errors] { try? FileManager.default.removeItem(at: file) }
    }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var printed: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
    var logged: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) { if isRunning { kill(pid, number) } }

    /// By SIGTERM; if that does not do, by SIGKILL.
    func end() {
        signal(SIGTERM)
        if !Polling.until(milliseconds: 20_000, { !process.isRunning }) { signal(SIGKILL) }
    }

    /// The exit status; for a signal its number, negative.
    func status(milliseconds: Int = 30_000) throws -> Int32 {
        guard Polling.until(milliseconds: milliseconds, { !process.isRunning }) else {
            throw Failure(description: "\(name) does not end:\n\(logged.suffix(2000))")
        }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// The line that it prints when it listens, read as JSON.
    func announcement(milliseconds: Int = 15_000) throws -> [String: Any] {
        Polling.until(milliseconds: milliseconds) { printed.contains("\n") || !process.isRunning }
        let line = printed.split(separator: "\n").first.map(String.init) ?? ""
        guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
            throw Failure(description: "\(name) announced `\(line)`:\n\(logged.suffix(2000))")
        }
        return object
    }

    /// Runs to the end.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], milliseconds: Int = 60_000
    ) throws -> (status: Int32, output: String, errors: String) {
        let program = try RunningProgram(program, arguments, environment: environment)
        let status = try program.status(milliseconds: milliseconds)
        return (status, program.printed, program.logged)
    }
}
