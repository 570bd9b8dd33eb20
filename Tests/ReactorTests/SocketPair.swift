import CLinux
import Core
import Glibc
import TestSupport

/// Two connected stream sockets of the kernel: one non-blocking, for a loop; the other for the test.
struct SocketPair {
    /// Belongs to whoever takes it.
    let near: CInt
    let peer: RawSocket

    /// - Parameter bufferBytes: the size of the near side's send buffer, to fill it fast.
    init(bufferBytes: CInt? = nil) throws {
        var both: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &both) == 0 else {
            throw RawSocket.Failure(description: "socketpair: errno \(errno)")
        }
        near = both[0]
        _ = fcntl(near, F_SETFL, fcntl(near, F_GETFL) | O_NONBLOCK)
        if var bufferBytes {
            setsockopt(near, SOL_SOCKET, SO_SNDBUF, &bufferBytes, socklen_t(MemoryLayout<CInt>.size))
        }
        peer = RawSocket(adopting: both[1])
    }
}

extension RawSocket {
    /// What has come so far, without waiting for more.
    func poll() -> [UInt8] {
        read(milliseconds: 1) { _ in false }
        return received
    }
}
