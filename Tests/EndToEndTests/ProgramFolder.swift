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

    /// Programs of the tests' own: `SWITCHBOARD_TEST_TOOLS_PATH`, else where `swift build -c release` puts them.
    private static let tools =
        ProcessInfo.processInfo.environment["SWITCHBOARD_TEST_TOOLS_PATH"] ?? root + "/.build/release"

    static func path(of program: String) throws -> String {
        let path = "\(program == "endurance" ? tools : path)/\(program)"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Missing(description: "\(path) is missing: build with `swift build -c release`, or run deploy/test")
        }
        return path
    }
}
