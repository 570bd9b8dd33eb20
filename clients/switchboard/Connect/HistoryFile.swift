import Configuration
import Core
import Glibc
import Program

/// Where the history is kept: `$XDG_STATE_HOME/switchboard/history`, else below ~/.local/state. Only its owner can read
/// it. That it can't be read or written is no reason to bother anybody.
struct HistoryFile {
    private let path: String?

    init(environment: [String: String] = Environment.all) {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            path = state + "/switchboard/history"
        } else {
            path = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.local/state/switchboard/history" : nil }
        }
    }

    func read() -> LineHistory {
        guard let path, case .success(let bytes) = FileReader.read(path) else { return LineHistory() }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(LineHistory.linesMax)
        return LineHistory(lines.map(String.init))
    }

    /// Replaces the file as a whole, so that it is never seen half-written.
    func write(_ history: LineHistory) {
        guard let path, !history.lines.isEmpty else { return }
        makeFolders(above: path)
        let temporary = "\(path).\(ProcessID.current)"
        let fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard fd >= 0 else { return }
        let bytes = Array((history.lines.joined(separator: "\n") + "\n").utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
        Glibc.close(fd)
        if count == bytes.count { rename(temporary, path) } else { unlink(temporary) }
    }

    private func makeFolders(above path: String) {
        var folder = ""
        for name in path.split(separator: "/").dropLast() {
            folder += "/" + name
            mkdir(folder, 0o700)
        }
    }
}
