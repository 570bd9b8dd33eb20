import Foundation

/// The release programs that are tested.
enum ProgramFolder {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// `SWITCHBOARD_TEST_BIN_PATH`, else where `swift build -c release` puts them.
    static let path = ProcessInfo.processInfo.environment["SWITCHBOARD_TEST_BIN_PATH"] ?? root + "/.build/release"

    static func path(of program: String) throws -> String {
        let path = "\(path)/\(program)"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Missing(description: "\(path) is missing: build with `swift build -c release`, or run deploy/test")
        }
        return path
    }
}
