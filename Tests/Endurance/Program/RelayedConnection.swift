import Core
import Glibc
import Reactor

/// Two sockets and the bytes between them, until it is cut. Both channels keep it.
final class RelayedConnection: ChannelHandler, TimerTarget {
    private enum TimerKind {
        static let cut = 0
        static let cutAtLast = 1
    }

    private let relay: Relay
    private var client: Channel?
    private var server: Channel?
    /// Of the sides that are open.
    private var descriptors: [CInt]
    private var way: CutWay?
    private var isEnded = false

    init(relay: Relay, client: CInt, server: CInt) throws {
        self.relay = relay
        descriptors = [client, server]
        self.client = try Channel.make(loop: relay.loop, fd: client, tls: nil, handler: self)
        self.server = try Channel.make(loop: relay.loop, fd: server, tls: nil, handler: self)
        _ = relay.loop.schedule(self, kind: TimerKind.cut, afterMilliseconds: relay.cutDelayMilliseconds())
    }

    func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int {
        let other = channel === client ? server : client
        let bytes = UnsafeRawBufferPointer(bytes)
        switch way {
        case .both where relay.isCutting:
            other?.write(bytes: bytes.slice(0..<relay.prefix(of: bytes.count)))
            other?.flushNow()
            cut()
        case .deaf where channel !== client: break
        default: other?.write(bytes: bytes)
        }
        return bytes.count
    }

    func timerFired(kind: Int) {
        guard !isEnded else { return }
        if kind == TimerKind.cutAtLast {
            // What a connection has lost already can only come on another one.
            return relay.isCutting || way != .both ? cut() : ()
        }
        guard relay.isCutting else { return }
        let way = relay.nextWay()
        self.way = way
        if way == .half {
            // The gateway goes on with a connection that has no client any more.
            let channel = client
            client = nil
            descriptors.removeFirst()
            channel?.close()
        }
        _ = relay.loop.schedule(self, kind: TimerKind.cutAtLast, afterMilliseconds: relay.lossMilliseconds())
    }

    private func cut() {
        guard !isEnded else { return }
        let isReset = relay.countCut()
        if isReset { for fd in descriptors { Self.discardOnClose(fd) } }
        end()
    }

    /// Closing then resets the connection: what is still in the kernels' buffers is lost, too.
    private static func discardOnClose(_ fd: CInt) {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    private func end() {
        isEnded = true
        let channels = [client, server]
        client = nil
        server = nil
        for channel in channels { channel?.close() }
    }

    func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) {
        guard !isEnded, channel === client || channel === server else { return }
        // What was received before the end still goes to the other side.
        let other = channel === client ? server : client
        isEnded = true
        client = nil
        server = nil
        other?.closeAfterFlush()
    }
}
