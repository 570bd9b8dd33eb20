import CLinux
import Core
import Glibc

/// SIGINT and SIGTERM as something to wait for.
public struct TerminationSignals {
    /// To be polled.
    public let fd: CInt

    /// On the main thread, before any other thread is started: they inherit the blocked signals.
    /// - Parameter others: signals to wait for besides.
    public init(and others: [CInt] = []) throws(SystemError) {
        clinux_ignore_write_signals()
        fd = clinux_signalfd([SIGINT, SIGTERM] + others, CInt(2 + others.count))
        if fd < 0 { throw SystemError(operation: "signalfd", code: errno) }
    }

    /// Blocks until one of them comes; returns its number.
    public func wait() -> CInt {
        while true {
            var polled = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
            _ = poll(&polled, 1, -1)
            let signal = clinux_signalfd_read(fd)
            if signal != 0 { return signal }
        }
    }

    /// One that has come, without waiting.
    public func next() -> CInt? {
        let signal = clinux_signalfd_read(fd)
        return signal == 0 ? nil : signal
    }

    /// From now on they end the process at once, as they do by default: for the second Ctrl-C of an impatient user.
    public func restoreDefault() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}
