import Core
import Glibc

/// The client's end of a connection that is in memory only, and not waited for.
final class ListenerSocket {
    private var fd: CInt
    private(set) var hasEnded = false

    /// - Parameter accept: is given the server's end, which does not block.
    init(accept: (CInt) -> Void) {
        var both: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        require(socketpair(AF_UNIX, type, 0, &both) == 0, "socketpair: errno \(errno)")
        fd = both[0]
        accept(both[1])
    }

    deinit { close() }

    /// - Returns: false if the other side takes nothing any more.
    func send(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard fd >= 0, !bytes.isEmpty else { return false }
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
                if count == 0 || errno != EAGAIN { hasEnded = true }
                return
            }
        }
    }

    func endOutput() { if fd >= 0 { shutdown(fd, CInt(SHUT_WR)) } }

    func close() {
        if fd >= 0 { Glibc.close(fd) }
        fd = -1
    }
}
