import CLinux
import Core
import Glibc
import TestSupport

/// A port that stands for a broker's: while it is open, what connects to it is connected to the broker; while it is closed,
/// connections are refused. So a broker can be started and stopped in no time.
final class BrokerRelay {
    private typealias Pair = (client: CInt, broker: CInt)
    private static let pieceBytes = 65_536

    let port: UInt16
    private let target: UInt16
    private let isOpen = Mutex(false)
    private var thread: Thread?

    /// Closed at first.
    init(to target: UInt16) {
        self.target = target
        port = FreePorts.take(1)[0]
    }

    deinit { close() }

    func open() throws {
        var bound: UInt16 = 0
        let listener = clinux_listen("127.0.0.1", port, 64, false, &bound)
        guard listener >= 0 else { throw RawSocket.Failure(description: "listen on \(port): errno \(errno)") }
        isOpen.withLock { $0 = true }
        thread = try Thread(name: "relay") { [target, isOpen] in
            Self.run(listener, target) { isOpen.withLock { $0 } }
        }
    }

    /// Ends all connections, too.
    func close() {
        isOpen.withLock { $0 = false }
        thread?.join()
        thread = nil
    }

    private static func run(_ listener: CInt, _ target: UInt16, while isOpen: () -> Bool) {
        var pairs: [Pair] = []
        while isOpen() {
            let fds = [listener] + pairs.flatMap { [$0.client, $0.broker] }
            var polled = fds.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, nfds_t(polled.count), 20) > 0 else { continue }
            let ready = Set(polled.filter { $0.revents != 0 }.map(\.fd))
            pairs.removeAll { pair in
                let isLeft =
                    ready.contains(pair.client) && !copy(pair.client, pair.broker)
                    || ready.contains(pair.broker) && !copy(pair.broker, pair.client)
                if isLeft { end(pair) }
                return isLeft
            }
            if ready.contains(listener), let pair = accept(listener, target) { pairs.append(pair) }
        }
        for pair in pairs { end(pair) }
        Glibc.close(listener)
    }

    private static func accept(_ listener: CInt, _ target: UInt16) -> Pair? {
        let client = clinux_accept(listener)
        guard client >= 0 else { return nil }
        guard let broker = RawSocket.connect(port: target) else {
            Glibc.close(client)
            return nil
        }
        return (client, broker)
    }

    private static func end(_ pair: Pair) {
        Glibc.close(pair.client)
        Glibc.close(pair.broker)
    }

    /// What has come from one to the other. Blocks while that does not read: broker and client do. - Returns: whether both
    /// are still there.
    private static func copy(_ from: CInt, _ to: CInt) -> Bool {
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        let count = recv(from, &piece, piece.count, CInt(MSG_DONTWAIT))
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        var sent = 0
        while sent < count {
            let more = piece[sent..<count].withUnsafeBytes { send(to, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            if more > 0 {
                sent += more
            } else if errno == EAGAIN {
                var writable = pollfd(fd: to, events: Int16(POLLOUT), revents: 0)
                poll(&writable, 1, 1000)
            } else if errno != EINTR {
                return false
            }
        }
        return count > 0
    }
}
