import CLinux
import Glibc

/// An eventfd that wakes the thread which polls `fd`. `signal` may be called from any thread.
public final class WakeSignal: Sendable {
    public let fd: CInt

    public init() throws(SystemError) {
        fd = clinux_eventfd()
        if fd < 0 { throw SystemError(operation: "eventfd", code: errno) }
    }

    deinit { close(fd) }

    public func signal() { clinux_eventfd_signal(fd) }

    /// Takes all signals so far. Called by the polling thread before it looks at what it was woken for.
    public func drain() { clinux_eventfd_drain(fd) }
}
