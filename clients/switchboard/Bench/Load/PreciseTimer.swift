import CLinux
import Core
import Glibc
import Reactor

/// A timer of an event loop that is exact to microseconds, where the loop's own are to milliseconds.
final class PreciseTimer: EventHandler {
    private let fd: CInt
    private let fired: () -> UInt64?

    /// - Parameter fired: returns when it shall fire next; nil: not until it is set again.
    init(loop: EventLoop, _ fired: @escaping () -> UInt64?) throws(SystemError) {
        fd = clinux_timer()
        if fd < 0 { throw SystemError(operation: "timerfd_create", code: errno) }
        self.fired = fired
        super.init()
        _ = try loop.register(fd, .readable, self)
    }

    deinit { close(fd) }

    /// Instead of what was set before. A time in the past is due at once; nil: never.
    func set(_ instant: UInt64?) { _ = clinux_timer_set(fd, instant.map { max($0, 1) } ?? 0) }

    override func handle(_ events: EventSet) { set(fired()) }
}
