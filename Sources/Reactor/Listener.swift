import CLinux
import Core
import Glibc

/// A listening TCP socket on an event loop.
public final class Listener: EventHandler {
    /// At most so many connections are accepted in one turn, so that a storm of them can't starve the open ones.
    private static let acceptsPerTurnMax = 64
    private static let backlog: CInt = 4096

    private unowned let loop: EventLoop
    private let fd: CInt
    private var registration: EventLoop.Registration?
    private let accept: (CInt) -> Void
    /// Given up for a moment when descriptors run out, so that a connection can be accepted and closed instead of waiting
    /// in the backlog with the listener spinning.
    private var reserve: CInt
    public private(set) var descriptorsExhausted: UInt64 = 0

    /// Binds; `port` 0 takes a free one. With `reusePort` several loops share the port and the kernel spreads connections.
    public static func bind(host: String, port: UInt16, reusePort: Bool) throws(SystemError) -> ListeningSocket {
        var bound: UInt16 = 0
        let fd = clinux_listen(host, port, backlog, reusePort, &bound)
        if fd < 0 { throw SystemError(operation: "listen on \(host):\(port)", code: errno) }
        return ListeningSocket(fd: fd, port: bound)
    }

    /// Takes over the socket. `accept` owns the descriptors it is given.
    public init(loop: EventLoop, socket: ListeningSocket, accept: @escaping (CInt) -> Void) throws(SystemError) {
        self.loop = loop
        fd = socket.fd
        self.accept = accept
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
        super.init()
        registration = try loop.register(fd, .readable, self)
    }

    /// No more connections; those in the backlog are refused.
    public func close() {
        guard let registration else { return }
        loop.unregister(registration)
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
            if errno == EMFILE || errno == ENFILE { refuseOne() }
            if errno == EINTR || errno == ECONNABORTED { continue }
            return
        }
    }

    private func refuseOne() {
        descriptorsExhausted += 1
        // Another thread may have been faster to take the descriptor that was given up the last time.
        if reserve < 0 { reserve = open("/dev/null", O_RDONLY | O_CLOEXEC) }
        guard reserve >= 0 else { return }
        Glibc.close(reserve)
        let connection = clinux_accept(fd)
        if connection >= 0 { Glibc.close(connection) }
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
    }
}
