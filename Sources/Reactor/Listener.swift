import CLinux
import Core
import Glibc

/// A listening TCP socket on an event loop.
public final class Listener: EventHandler, TimerTarget {
    /// At most so many connections are accepted in one turn, so that a storm of them can't starve the open ones.
    private static let acceptsPerTurnMax = 64
    private static let backlog: CInt = 4096
    /// Before a listener that can neither accept nor refuse looks again.
    private static let pauseMilliseconds: UInt64 = 50

    private unowned let loop: EventLoop
    private let fd: CInt
    private var registration: EventLoop.Registration?
    private let accept: (CInt) -> Void
    private let exhausted: () -> Void
    /// Given up for a moment when descriptors run out, so that a connection can be accepted and closed instead of waiting
    /// in the backlog with the listener spinning.
    private var reserve: CInt
    private var pauseTimer: EventLoop.Timer?

    /// Binds; `port` 0 takes a free one. With `reusePort` several loops share the port and the kernel spreads connections.
    public static func bind(host: String, port: UInt16, reusePort: Bool) throws(SystemError) -> ListeningSocket {
        var bound: UInt16 = 0
        let fd = clinux_listen(host, port, backlog, reusePort, &bound)
        if fd < 0 { throw SystemError(operation: "listen on \(host):\(port)", code: errno) }
        return ListeningSocket(fd: fd, port: bound)
    }

    /// Takes over the socket.
    ///
    /// - Parameter accept: owns the descriptors it is given.
    /// - Parameter exhausted: is told of each time that there was no descriptor for a connection, which is refused.
    public init(
        loop: EventLoop, socket: ListeningSocket, exhausted: @escaping () -> Void = {}, accept: @escaping (CInt) -> Void
    ) throws(SystemError) {
        self.loop = loop
        fd = socket.fd
        self.accept = accept
        self.exhausted = exhausted
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
        super.init()
        registration = try loop.register(fd, .readable, self)
    }

    /// No more connections; those in the backlog are refused.
    public func close() {
        guard let registration else { return }
        loop.unregister(registration)
        loop.cancel(&pauseTimer)
        self.registration = nil
        Glibc.close(fd)
        if reserve >= 0 { Glibc.close(reserve) }
    }

    override public func loopEnded() { close() }

    override public func handle(_ events: EventSet) {
        for _ in 0..<Self.acceptsPerTurnMax {
            let connection = clinux_accept(fd)
            if connection >= 0 {
                accept(connection)
                if registration == nil { return }
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EAGAIN: return
            case EMFILE, ENFILE:
                exhausted()
                if !refuseOne() && !refuseAll() { pause() }
            // It does not listen: the backlog was reset, and the rest of that failed.
            case EINVAL: if !refuseAll() { pause() }
            // As when the kernel is out of memory: what waits goes on waiting, and the descriptor stays readable.
            default: pause()
            }
            return
        }
    }

    /// False if there is no descriptor to do it with: another thread was faster to take the one that was given up, now or
    /// the last time, or the limit was lowered below it.
    private func refuseOne() -> Bool {
        if reserve < 0 { reserve = open("/dev/null", O_RDONLY | O_CLOEXEC) }
        guard reserve >= 0 else { return false }
        Glibc.close(reserve)
        let connection = clinux_accept(fd)
        let isRefused = connection >= 0 || errno == EAGAIN
        if connection >= 0 { Glibc.close(connection) }
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
        return isRefused
    }

    /// What waits now would wait until somebody else's connection ends.
    private func refuseAll() -> Bool { clinux_reset_backlog(fd, Self.backlog) == 0 }

    /// Stays off the loop for a moment, which would otherwise do nothing but ask the listener in vain.
    private func pause() {
        guard let registration, pauseTimer == nil else { return }
        loop.update(registration, [])
        pauseTimer = loop.schedule(self, kind: 0, afterMilliseconds: Self.pauseMilliseconds)
    }

    public func timerFired(kind: Int) {
        pauseTimer = nil
        if let registration { loop.update(registration, .readable) }
    }
}
