import CCurl
import Core
import Glibc
import Reactor

/// The sockets of curl's connections, watched for it on a loop. One that curl needs no longer stays in epoll until its
/// connection is used again or closed, or its peer ends it: a request on a kept connection costs no call of epoll's.
///
/// It belongs to its loop's thread. curl has its address, and calls it until the transport has cleaned up.
final class WatchedSockets {
    private final class Socket: EventHandler {
        unowned let sockets: WatchedSockets
        let fd: CInt
        var registration: EventLoop.Registration?
        var interest: EventSet = []
        /// Whether curl waits for it.
        var isWanted = true

        init(sockets: WatchedSockets, fd: CInt) {
            self.sockets = sockets
            self.fd = fd
        }

        override func handle(_ events: EventSet) {
            // Nothing is expected on a kept connection; what its peer did curl finds out before it uses it again.
            guard isWanted else { return sockets.forget(fd) }
            var mask: CInt = 0
            if !events.isDisjoint(with: [.readable, .hungUp]) { mask |= CURL_CSELECT_IN }
            if events.contains(.writable) { mask |= CURL_CSELECT_OUT }
            if events.contains(.failed) { mask |= CURL_CSELECT_ERR }
            sockets.act?(fd, mask)
        }

        override func loopEnded() { sockets.loopEnded?() }
    }

    private let loop: EventLoop
    private var sockets: [CInt: Socket] = [:]
    /// Told what a socket is ready for, as curl's mask.
    var act: ((_ fd: CInt, _ mask: CInt) -> Void)?
    var loopEnded: (() -> Void)?

    init(loop: EventLoop) { self.loop = loop }

    /// curl's socket callback.
    func watch(_ fd: CInt, _ what: CInt) {
        let known = sockets[fd]
        if what == CURL_POLL_REMOVE {
            known?.isWanted = false
            return
        }
        var interest: EventSet = []
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { interest.insert(.readable) }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { interest.insert(.writable) }
        if let known, let registration = known.registration {
            known.isWanted = true
            if known.interest != interest { loop.update(registration, interest) }
            known.interest = interest
            return
        }
        let socket = Socket(sockets: self, fd: fd)
        socket.interest = interest
        // When epoll has no room the transfer runs into its timeout, and is answered as such.
        socket.registration = try? loop.register(fd, interest, socket)
        sockets[fd] = socket
    }

    /// curl's callback that closes a socket.
    func close(_ fd: CInt) -> CInt {
        forget(fd)
        return Glibc.close(fd)
    }

    func forgetAll() {
        for fd in Array(sockets.keys) { forget(fd) }
    }

    private func forget(_ fd: CInt) {
        if let registration = sockets.removeValue(forKey: fd)?.registration { loop.unregister(registration) }
    }
}
