import Foundation

/// All processes that come from one start, however deep: they have a mark in their environment.
struct MarkedProcesses {
    private static let name = "SWITCHBOARD_TEST_MARK"
    private let mark = UUID().uuidString

    var environment: [String: String] { [Self.name: mark] }

    /// Those that run: names by process ids.
    var running: [Int32: String] {
        let entry = Data("\(Self.name)=\(mark)".utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var found: [Int32: String] = [:]
        for pid in names.compactMap({ Int32($0) }) {
            // Of a process that has ended, and waits for its parent to ask for its status, it is empty.
            let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
            guard environment.split(separator: 0).contains(entry) else { continue }
            let name = (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? ""
            found[pid] = name.trimmingCharacters(in: .newlines)
        }
        return found
    }
}
