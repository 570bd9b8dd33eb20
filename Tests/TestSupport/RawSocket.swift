import Glibc

/// A blocking TCP connection to 127.0.0.1 that sends exactly what it is told and shows exactly what comes.
public final class RawSocket {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public init(description: String) { self.description = description }
    }

    public private(set) var fd: CInt
    /// Received and not yet taken.
    public private(set) var received: [UInt8] = []
    /// The other side has ended its half, or reset the connection.
    public private(set) var hasEnded = false

    /// - Parameter receiveBytes: the size of the kernel's receive buffer, for clients that are slow on purpose.
    public init(port: UInt16, receiveBytes: CInt? = nil) throws {
        guard let fd = Self.connect(port: port, receiveBytes: receiveBytes) else {
            throw Failure(description: "connect to \(port): errno \(errno)")
        }
        self.fd = fd
        var on: CInt = 1
        setsockopt(fd, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    }

    /// A connected socket as a bare descriptor, the caller's to close. Nil with `errno` if there is no connection.
    public static func connect(port: UInt16, receiveBytes: CInt? = nil) -> CInt? {
        let fd = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { return nil }
        if var receiveBytes {
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBytes, socklen_t(MemoryLayout<CInt>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status != 0 else { return fd }
        let code = errno
        Glibc.close(fd)
        errno = code
        return nil
    }

    /// Takes over a connected stream socket.
    public init(adopting fd: CInt) { self.fd = fd }

    deinit { close() }

    /// Nothing can be sent or read any more; what was received stays.
    public func close() {
        if fd >= 0 { Glibc.close(fd) }
        fd = -1
    }

    /// The port of `http://127.0.0.1:PORT` and its like.
    public static func port(of url: String) -> UInt16 {
        UInt16(url.split(separator: ":").last?.prefix { $0.isNumber } ?? "") ?? 0
    }

    public func send(_ text: String) { send(Array(text.utf8)) }

    /// What can't be sent because the other side is gone is dropped; reading will tell.
    public func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    public func endOutput() { shutdown(fd, CInt(SHUT_WR)) }

    /// The next close sends a reset.
    public func resetOnClose() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// Reads until `isEnough`, the end, or the deadline. - Returns: whether it was enough.
    @discardableResult
    public func read(milliseconds: CInt = 10_000, until isEnough: ([UInt8]) -> Bool) -> Bool {
        var left = milliseconds
        while !isEnough(received) {
            guard !hasEnded, left > 0 else { return false }
            var polled = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
            let slice = min(left, 20)
            if poll(&polled, 1, slice) == 0 { left -= slice }
            guard polled.revents != 0 else { continue }
            var piece = [UInt8](repeating: 0, count: 65_536)
            let count = recv(fd, &piece, piece.count, CInt(MSG_DONTWAIT))
            if count > 0 { received += piece[..<count] } else if count == 0 || errno != EAGAIN { hasEnded = true }
        }
        return true
    }

    /// Reads to the end. - Returns: false if it does not come in time.
    public func readToEnd(milliseconds: CInt = 10_000) -> Bool {
        read(milliseconds: milliseconds) { _ in false }
        return hasEnded
    }

    /// Takes so many bytes from the front of what was received.
    public func take(_ count: Int) -> [UInt8] {
        let taken = Array(received.prefix(count))
        received.removeFirst(min(count, received.count))
        return taken
    }

    public var text: String { String(decoding: received, as: UTF8.self) }
}
