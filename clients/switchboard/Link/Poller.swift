import Glibc

/// poll(2) on a few descriptors.
enum Poller {
    struct Interest {
        let fd: CInt
        var writes = false
    }

    /// Waits until one of them is ready, or for so long; nil: without end.
    /// - Returns: for each, whether there is something to read (or to learn by reading).
    @discardableResult
    static func wait(_ interests: [Interest], milliseconds: UInt64?) -> [Bool] {
        var polled = interests.map {
            pollfd(fd: $0.fd, events: Int16(POLLIN) | ($0.writes ? Int16(POLLOUT) : 0), revents: 0)
        }
        let timeout = milliseconds.map { CInt(clamping: $0) } ?? -1
        guard poll(&polled, nfds_t(polled.count), timeout) > 0 else { return interests.map { _ in false } }
        return polled.map { $0.revents & ~Int16(POLLOUT) != 0 }
    }
}
