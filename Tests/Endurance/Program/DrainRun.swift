import Core
import Glibc
import Reactor

/// Many sessions whose gateway drains: each is told its own time for coming back, and they come back evenly.
///
/// Prints `attached` when all sessions are there: then the gateway is to be told to end. `--seconds` is its time to drain.
final class DrainRun: TimerTarget {
    private static let windowMilliseconds: UInt64 = 500
    private static let connectsPerTurn = 100

    let options: Options
    let loop: EventLoop
    private var sessions: [DrainSession] = []
    private var begun = 0
    private var attached = 0
    private var told = 0
    private var attachedAgain = 0
    private var failures = 0
    private var slotMax: UInt64 = 0
    private var firstAway: MonotonicInstant?
    private var windows: [UInt64: Int] = [:]
    private var lookedAt: UInt64 = 0

    init(_ options: Options) throws {
        self.options = options
        loop = try EventLoop.make()
    }

    func run() throws -> Int32 {
        sessions = (0..<options.sessions).map { DrainSession(run: self, index: $0) }
        timerFired(kind: 0)
        loop.run()
        let even = Double(options.sessions) * Double(Self.windowMilliseconds) / (options.seconds * 1000)
        let burst = Double(windows.values.max() ?? 0) / even
        let isKept =
            told == options.sessions && attachedAgain == options.sessions && failures == 0 && burst < 2
            && slotMax <= UInt64(options.seconds * 1000)
        StandardError.write(
            """
            \(told) of \(options.sessions) sessions were told when to come back, \(attachedAgain) did; \(failures) failures
            at most \(windows.values.max() ?? 0) came within \(Self.windowMilliseconds) ms: \(burst) of an even share

            """)
        print(
            """
            {"sessions":\(options.sessions),"told":\(told),"attachedagain":\(attachedAgain),"failures":\(failures),\
            "slotmaxmilliseconds":\(slotMax),"windows":\(windows.count),"burst":\((burst * 100).rounded() / 100)}
            """)
        return isKept ? 0 : 1
    }

    /// Some at a time, so that the gateway's backlog does not overflow; then until the end, however that looks.
    func timerFired(kind: Int) {
        if begun < sessions.count {
            for session in sessions[begun..<min(begun + Self.connectsPerTurn, sessions.count)] {
                session.connect(port: options.port)
            }
            begun = min(begun + Self.connectsPerTurn, sessions.count)
        }
        lookedAt += 1
        let isOver = attachedAgain + failures >= options.sessions
        // 20 ms a look: two minutes.
        if isOver || lookedAt > 6000 { return loop.stop() }
        _ = loop.schedule(self, kind: 0, afterMilliseconds: 20)
    }

    func opened(isSecond: Bool) {
        if isSecond {
            attachedAgain += 1
        } else {
            attached += 1
            if attached == options.sessions {
                print("attached")
                fflush(nil)
            }
        }
    }

    func sentAway(slotMilliseconds: UInt64) {
        told += 1
        slotMax = max(slotMax, slotMilliseconds)
        if firstAway == nil { firstAway = loop.now }
    }

    func comesBack() {
        let elapsed = firstAway.map { loop.now.milliseconds(since: $0) } ?? 0
        windows[elapsed / Self.windowMilliseconds, default: 0] += 1
    }

    func failed() { failures += 1 }
}
