import Glibc
import Testing

@testable import switchboard

@Suite struct LineHistoryTests {
    @Test func leavesOutWhatIsNotWorthKeeping() {
        let history = LineHistory(["a", "a", "", " secret", "b", "a"])
        #expect(history.lines == ["a", "b", "a"])
    }

    @Test func isBounded() {
        let history = LineHistory((0..<1500).map { "line \($0)" })
        #expect(history.lines.count == LineHistory.linesMax)
        #expect(history.lines.last == "line 1499")
    }

    @Test func walksBothWays() {
        var history = LineHistory(["a", "b"])
        #expect(history.next() == nil)
        #expect(history.previous(current: "draft") == "b")
        #expect(history.previous(current: "b") == "a")
        #expect(history.previous(current: "a") == nil)
        #expect(history.next() == "b")
        #expect(history.next() == "draft")
        #expect(history.next() == nil)
    }

    @Test func isKeptInAFileOfItsOwner() {
        let folder = "/tmp/switchboard-history-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer {
            unlink(folder + "/switchboard/history")
            rmdir(folder + "/switchboard")
            rmdir(folder)
        }
        let file = HistoryFile(environment: ["XDG_STATE_HOME": folder])
        #expect(file.read().lines == [])
        file.write(LineHistory(["ping", "send X {\"ä\":1}"]))
        #expect(file.read().lines == ["ping", "send X {\"ä\":1}"])
        var status = stat()
        #expect(stat(folder + "/switchboard/history", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test(arguments: [[:], ["HOME": "relative"], ["HOME": "/proc/nowhere"], ["XDG_STATE_HOME": "/dev/null"]])
    func aFileThatCannotBeIsNoProblem(_ environment: [String: String]) {
        let file = HistoryFile(environment: environment)
        file.write(LineHistory(["ping"]))
        #expect(file.read().lines == [])
    }
}
