import CLinux
import Core
import Glibc

/// SIGINT and SIGTERM as something to wait for.
public struct TerminationSignals {
    /// To be polled.
    public let fd: CInt

    /// On the main thread, before any other thread is started: they inherit the blocked signals.
    public init() throws(SystemError) {
        clinux_ignore_sigpipe()
        fd = clinux_signalfd([SIGINT, SIGTERM], 2)
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

    /// From now on they end the process at once, as they do by default: for the second Ctrl-C of an impatient user.
    public func restoreDefault() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}
