import Core
import Reactor

/// Many sessions under load through a relay that cuts their sockets: nothing may be lost, doubled, or out of order.
final class CutRun: TimerTarget {
    private enum TimerKind {
        static let end = 0
        static let look = 1
        static let stop = 2
    }

    /// For what is still on its way when the load ends: a request's own deadline is 30 s.
    private static let patienceSeconds: UInt64 = 40
    /// After the last answer: a second one to the same request would come late.
    private static let aftermathMilliseconds: UInt64 = 5000

    let options: Options
    let loop: EventLoop
    let relay: Relay
    var ledger = Ledger()
    private(set) var isSending = true
    private var sessions: [CutSession] = []
    private var endedAt: MonotonicInstant?

    init(_ options: Options) throws {
        self.options = options
        loop = try EventLoop.make()
        relay = try Relay(loop: loop, target: options.port, cutSeconds: options.cutSeconds, seed: options.seed)
    }

    func run() throws -> Int32 {
        sessions = (0..<options.sessions).map { CutSession(run: self, index: $0) }
        for session in sessions { session.begin() }
        _ = loop.schedule(self, kind: TimerKind.end, afterMilliseconds: UInt64(options.seconds * 1000))
        loop.run()
        ledger.cuts = relay.cuts
        ledger.resets = relay.resets
        StandardError.write(ledger.summary(sessions: options.sessions))
        print(ledger.json(sessions: options.sessions))
        return ledger.isKept && ledger.cuts > 0 ? 0 : 1
    }

    func timerFired(kind: Int) {
        if kind == TimerKind.stop { return loop.stop() }
        if kind == TimerKind.end {
            isSending = false
            relay.isCutting = false
            endedAt = loop.now
        }
        let elapsed = endedAt.map { loop.now.milliseconds(since: $0) } ?? 0
        let isOver = sessions.allSatisfy(\.isSettled) || elapsed > Self.patienceSeconds * 1000
        _ = loop.schedule(
            self, kind: isOver ? TimerKind.stop : TimerKind.look,
            afterMilliseconds: isOver ? Self.aftermathMilliseconds : 100)
    }
}
