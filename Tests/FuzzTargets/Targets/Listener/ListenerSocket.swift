import Core
import Glibc

/// The client's end of a connection that is in memory only, and not waited for.
///
/// A process that another thread starts has a copy of every descriptor for a moment, and an end of which there is a copy
/// is not closed for the other end. So this one is shut down before it is closed, and whether the server has closed its own
/// is told by its descriptor.
final class ListenerSocket {
    private var fd: CInt
    private let serverFD: CInt
    private let serverInode: ino_t
    private(set) var hasEnded = false

    /// - Parameter accept: is given the server's end, which does not block.
    init(accept: (CInt) -> Void) {
        var both: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        require(socketpair(AF_UNIX, type, 0, &both) == 0, "socketpair: errno \(errno)")
        fd = both[0]
        serverFD = both[1]
        serverInode = Self.inode(of: both[1])
        accept(both[1])
    }

    deinit { close() }

    /// - Returns: false if the other side takes nothing any more.
    func send(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard fd >= 0, !bytes.isEmpty, !isServerClosed else { return false }
        let count = bytes.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        require(count == bytes.count || count < 0 && errno != EAGAIN, "the connection's buffer is full")
        return count == bytes.count
    }

    /// What has come since.
    /// - Parameter buffer: lent for the call.
    func receive(into received: inout [UInt8], by buffer: UnsafeMutableRawBufferPointer) {
        guard fd >= 0, !hasEnded else { return }
        while true {
            let count = recv(fd, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                received.append(bytes: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } else {
                if count == 0 || errno != EAGAIN || isServerClosed { hasEnded = true }
                return
            }
        }
    }

    func endOutput() { if fd >= 0 { shutdown(fd, CInt(SHUT_WR)) } }

    func close() {
        if fd >= 0 {
            shutdown(fd, CInt(SHUT_RDWR))
            Glibc.close(fd)
        }
        fd = -1
    }

    private var isServerClosed: Bool { Self.inode(of: serverFD) != serverInode }

    /// 0 if it is not open.
    private static func inode(of fd: CInt) -> ino_t {
        var status = stat()
        return fstat(fd, &status) == 0 ? status.st_ino : 0
    }
}
