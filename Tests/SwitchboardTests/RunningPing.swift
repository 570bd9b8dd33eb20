import Foundation
import TestSupport

/// `switchboard ping` while it runs, and what it has printed so far, both on standard output and error.
final class RunningPing {
    private let process = Process()
    private let file: FileHandle
    private let path = NSTemporaryDirectory() + "switchboard-ping-\(UInt32.random(in: 0 ... .max))"

    init(_ arguments: [String]) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil) else { throw POSIXError(.EACCES) }
        file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        process.executableURL = URL(fileURLWithPath: BuiltProgram.path)
        process.arguments = ["ping"] + arguments
        process.standardOutput = file
        process.standardError = file
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
        try? FileManager.default.removeItem(atPath: path)
    }

    var output: String { String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self) }

    func waits(for condition: (String) -> Bool) -> Bool { Polling.until { condition(output) } }

    func interrupt() { process.interrupt() }

    /// The exit status; nil if it does not end in 10 s.
    func status() -> Int32? {
        Polling.until { !process.isRunning }
        return process.isRunning ? nil : process.terminationStatus
    }
}
