import Core
import Reactor

/// An event loop that runs on the test's own thread, for as long as a test waits for something.
final class TestLoop: TimerTarget {
    let loop: EventLoop
    private var isEnough: (() -> Bool)?
    private var deadline = MonotonicInstant(nanoseconds: 0)
    private var wasEnough = false

    init() throws {
        loop = try EventLoop.make()
        loop.atTurnEnd { [unowned self] in look() }
    }

    deinit { loop.end() }

    /// Runs until the condition holds, which is asked at the end of every turn and after every tick of the timers.
    /// - Returns: false if it did not within the time.
    @discardableResult
    func run(milliseconds: UInt64 = 10_000, until isEnough: @escaping () -> Bool) -> Bool {
        self.isEnough = isEnough
        wasEnough = false
        deadline = SystemClock.monotonic().advanced(byMilliseconds: milliseconds)
        var ticker: EventLoop.Timer? = loop.schedule(self, kind: 0, afterMilliseconds: 1)
        while !wasEnough, SystemClock.monotonic() < deadline {
            loop.run()
            loop.cancel(&ticker)
            if !wasEnough { ticker = loop.schedule(self, kind: 0, afterMilliseconds: 1) }
        }
        loop.cancel(&ticker)
        self.isEnough = nil
        return wasEnough
    }

    /// For what must not happen: time for it to happen all the same.
    func run(milliseconds: UInt64) { run(milliseconds: milliseconds) { false } }

    func timerFired(kind: Int) { loop.stop() }

    private func look() {
        guard isEnough?() == true else { return }
        wasEnough = true
        loop.stop()
    }
}
