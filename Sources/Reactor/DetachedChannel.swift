import Core
import Glibc

/// A connection between two loops: nobody reads or writes it until one attaches it. Dropped, it is closed.
public final class DetachedChannel: @unchecked Sendable {
    // Sendable: made by one loop and handed to another one through a mailbox; whoever has it is alone with it. What its
    // owner counts, it counts thread-safely.
    let fd: CInt
    let tls: TLSSession?
    let input: [UInt8]
    let output: [UInt8]
    private let owner: ChannelOwner?
    private var isAttached = false

    init(fd: CInt, tls: TLSSession?, input: [UInt8], output: [UInt8], owner: ChannelOwner?) {
        self.fd = fd
        self.tls = tls
        self.input = input
        self.output = output
        self.owner = owner
    }

    deinit {
        guard !isAttached else { return }
        tls?.shutdown()
        close(fd)
        owner?.channelEnded()
    }

    /// The loop's own from now on. - Returns: whom to tell of its end.
    func attach() -> ChannelOwner? {
        isAttached = true
        return owner
    }
}
