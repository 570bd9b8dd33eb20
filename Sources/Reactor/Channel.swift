import CLinux
import Core
import Glibc

/// A connected stream socket on an event loop, plain or with TLS, with buffered output.
///
/// Memory is taken only when needed: unread input and unsent output own storage only while there is some.
public final class Channel: EventHandler, TimerTarget {
    /// How long a closing channel waits for its peer to close after the last byte was sent (RFC 9112 §9.6: closing at
    /// once could reset the connection and destroy the answer on its way).
    private static let lingerMilliseconds: UInt64 = 1000
    /// How long a closing channel tries to send what waits to a peer that does not read.
    private static let flushMilliseconds: UInt64 = 5000

    private enum State { case open, flushing, lingering, closed }

    // In the order that wastes least: a gateway has many thousands of these.
    public unowned let loop: EventLoop
    public var handler: (any ChannelHandler)?
    /// Told once when the channel has ended, whoever its handler then is.
    public var owner: ChannelOwner?
    private let tls: TLSSession?
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    private var outputSent = 0
    /// Of its registration with the loop; 0 without one.
    private var registrationKey: UInt64 = 0
    private let fd: CInt
    /// So many bytes of `input` the handler has used. No more than the loop's buffer has are kept.
    private var inputUsed: UInt32 = 0
    private var lingerTimer: EventLoop.Timer?
    private var state = State.open
    private var flags = ChannelFlags()

    private var registration: EventLoop.Registration? {
        get { registrationKey == 0 ? nil : EventLoop.Registration(key: registrationKey, fd: fd) }
        set { registrationKey = newValue?.key ?? 0 }
    }

    /// Bytes that wait to be sent.
    public var outputBytes: Int { output.count - outputSent }
    public var isOpen: Bool { state == .open }
    public var isClosed: Bool { state == .closed }
    /// Whom the peer's certificate is for; nil if it was asked for none, or has shown none.
    public var tlsPeer: TLSPeer? { tls?.peer }

    /// Takes over the descriptor; on failure it is closed.
    public static func make(loop: EventLoop, fd: CInt, tls: TLSContext?, handler: any ChannelHandler)
        throws(SystemError) -> Channel
    {
        let session = tls.flatMap { TLSSession(context: $0, fd: fd) }
        if tls != nil, session == nil {
            // Without one, everything would go in the clear.
            Glibc.close(fd)
            throw SystemError(operation: "TLS", code: ENOMEM)
        }
        let channel = Channel(loop: loop, fd: fd, tls: session, handler: handler)
        do throws(SystemError) {
            channel.registration = try loop.register(fd, .readable, channel)
        } catch {
            channel.state = .closed
            Glibc.close(fd)
            throw error
        }
        return channel
    }

    /// Goes on with a connection that another loop has left, with what it had received and not sent.
    public static func attach(
        _ detached: DetachedChannel, loop: EventLoop, handler: any ChannelHandler
    ) throws(SystemError) -> Channel {
        let channel = Channel(loop: loop, fd: detached.fd, tls: detached.tls, handler: handler)
        channel.registration = try loop.register(detached.fd, .readable, channel)
        channel.owner = detached.attach()
        channel.input = detached.input
        if !detached.output.isEmpty { channel.write { $0.append(contentsOf: detached.output) } }
        channel.processAgain()
        return channel
    }

    /// The connection fails when its peer's kernel does not acknowledge what was sent for so long.
    public func setUnacknowledgedTimeout(milliseconds: UInt64) {
        if state == .open { _ = clinux_set_unacknowledged_timeout(fd, UInt32(clamping: milliseconds)) }
    }

    /// Leaves the loop, for another one: not from within its handler's calls. Nil if it is closing.
    public func detach() -> DetachedChannel? {
        guard state == .open, let registration else { return nil }
        loop.unregister(registration)
        self.registration = nil
        state = .closed
        handler = nil
        let detached = DetachedChannel(
            fd: fd, tls: tls, input: Array(input[Int(inputUsed)...]), output: Array(output[outputSent...]), owner: owner
        )
        owner = nil
        keepInput([])
        output = []
        outputSent = 0
        return detached
    }

    private init(loop: EventLoop, fd: CInt, tls: TLSSession?, handler: any ChannelHandler) {
        self.loop = loop
        self.fd = fd
        self.tls = tls
        self.handler = handler
    }

    // MARK: Output

    /// Appends to the output, which is sent when the turn ends. Ignored once the channel is closing.
    public func write(_ append: (inout [UInt8]) -> Void) {
        guard state == .open else { return }
        if output.capacity == 0 { output = loop.takeOutput() }
        append(&output)
        markDirty()
    }

    public func write(bytes: UnsafeRawBufferPointer) { write { $0.append(bytes: bytes) } }

    /// Sends what waits, then closes; what still arrives is thrown away.
    public func closeAfterFlush() {
        guard state == .open else { return }
        state = .flushing
        lingerTimer = loop.schedule(self, kind: 0, afterMilliseconds: Self.flushMilliseconds)
        resumeReading()
        markDirty()
    }

    /// Closes at once; what waits is lost.
    public func close(_ reason: ChannelCloseReason = .local) {
        guard state != .closed else { return }
        state = .closed
        if let registration { loop.forget(registration) }
        registration = nil
        loop.cancel(&lingerTimer)
        tls?.shutdown()
        Glibc.close(fd)
        keepInput([])
        output = []
        outputSent = 0
        let last = handler
        handler = nil
        let owner = owner
        self.owner = nil
        last?.channelClosed(self, reason)
        owner?.channelEnded()
    }

    private func markDirty() {
        guard !flags.contains(.dirty) else { return }
        flags.insert(.dirty)
        loop.markDirty(self)
    }

    /// Sends at once what the socket takes, before the turn ends: for those who look at `outputBytes` and find it large.
    public func flushNow() {
        if state == .open, outputBytes > 0 { flush() }
    }

    func flush() {
        flags.remove(.dirty)
        guard state != .closed else { return }
        let hadOutput = outputSent < output.count
        while outputSent < output.count {
            switch send() {
            case .moved(let count): outputSent += count
            case .wouldBlock:
                watchOutput(true)
                compactOutput()
                return
            // The socket has room all the time, so watching it would keep the loop busy.
            case .needsInput, .needsOutput: return watchOutput(false)
            case .ended: return close(.endOfStream)
            case .failed(let reason): return close(reason)
            }
        }
        loop.giveBack(&output)
        outputSent = 0
        watchOutput(false)
        if state == .flushing { return flags.contains(.inputEnded) ? close() : linger() }
        if hadOutput { handler?.channelDrained(self) }
    }

    private func send() -> TransferResult {
        output.withUnsafeBytes { bytes in
            let rest = bytes.slice(outputSent..<bytes.count)
            if let tls { return tls.write(rest) }
            let count = Glibc.send(fd, rest.baseAddress, rest.count, CInt(MSG_NOSIGNAL))
            if count >= 0 { return .moved(count) }
            return errno == EAGAIN || errno == EINTR
                ? .wouldBlock : .failed(.failed(SystemError(operation: "send", code: errno)))
        }
    }

    private func compactOutput() {
        guard outputSent > 64 * 1024, outputSent > output.count / 2 else { return }
        output.removeFirst(outputSent)
        outputSent = 0
    }

    private func linger() {
        state = .lingering
        keepInput([])
        if let tls { tls.shutdown() }
        Glibc.shutdown(fd, CInt(SHUT_WR))
        loop.cancel(&lingerTimer)
        lingerTimer = loop.schedule(self, kind: 0, afterMilliseconds: Self.lingerMilliseconds)
    }

    public func timerFired(kind: Int) { close(.local) }

    private func watchOutput(_ wanted: Bool) {
        guard wanted != flags.contains(.watchingOutput) else { return }
        flags.set(.watchingOutput, wanted)
        updateInterest()
    }

    private func watchOutputForReading(_ wanted: Bool) {
        guard wanted != flags.contains(.readingNeedsOutput) else { return }
        flags.set(.readingNeedsOutput, wanted)
        updateInterest()
    }

    private func updateInterest() {
        guard let registration else { return }
        var interest: EventSet = []
        if flags.isDisjoint(with: [.readingPaused, .readingNeedsOutput]) { interest.insert(.readable) }
        if !flags.isDisjoint(with: [.watchingOutput, .readingNeedsOutput]) { interest.insert(.writable) }
        loop.update(registration, interest)
    }

    // MARK: Input

    /// No more bytes are read until `resumeReading`, so that the peer's kernel buffers fill up.
    public func pauseReading() {
        guard !flags.contains(.readingPaused), state == .open else { return }
        flags.insert(.readingPaused)
        updateInterest()
    }

    public func resumeReading() {
        guard flags.contains(.readingPaused), !flags.contains(.inputEnded), state != .closed else { return }
        flags.remove(.readingPaused)
        updateInterest()
        if tls?.hasPending == true { processAgain() }
    }

    /// Hands unconsumed input to the handler again, before any further input and not within this call: after the handler
    /// became able to use it, and when others have had their turn.
    public func processAgain() {
        // Within its call it is not known yet what the handler leaves.
        if flags.contains(.processing) {
            flags.insert(.processingWanted)
        } else if !input.isEmpty || tls?.hasPending == true {
            processLater()
        }
    }

    private func processLater() {
        guard !flags.contains(.processingLater) else { return }
        flags.insert(.processingLater)
        // Not weakly: the weak reference would outlive the turn, as a table entry of the channel's.
        loop.postpone { [self] in
            flags.remove(.processingLater)
            if state == .open { process(received: 0) }
            guard let tls, state != .closed, !flags.contains(.readingPaused) else { return }
            // One that is to be closed may have to agree on keys first, to send what it has.
            if tls.isHandshaking || tls.hasPending && state == .open { read() }
        }
    }

    override public func handle(_ events: EventSet) {
        let readsAgain = events.contains(.writable) && flags.contains(.readingNeedsOutput)
        if events.contains(.writable) {
            watchOutputForReading(false)
            flush()
        }
        guard state != .closed else { return }
        if !readsAgain, events.isDisjoint(with: [.readable, .failed, .hungUp]) { return }
        // A peer that had ended its half is gone now. Nothing is read any more that would tell so, and epoll would say it
        // without end.
        if flags.contains(.inputEnded), !events.isDisjoint(with: [.failed, .hungUp]) { return close(.endOfStream) }
        if flags.contains(.readingPaused) || flags.contains(.processingLater),
            events.isDisjoint(with: [.failed, .hungUp])
        {
            return
        }
        // A handshake takes a hundred times what its peer spends on it.
        if tls?.isHandshaking == true, events.isDisjoint(with: [.failed, .hungUp]) { return processLater() }
        read()
    }

    override public func loopEnded() { close() }

    private func read() {
        let kept = state == .open ? inputBytes : 0
        let buffer = loop.receiveBuffer
        guard kept < buffer.count else { return close(.failed(SystemError(operation: "receive", code: ENOBUFS))) }
        switch receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[kept...])) {
        case .moved(let count):
            if state == .open { process(received: count) }
            if state == .open, !flags.contains(.readingPaused), tls?.hasPending == true { processAgain() }
        case .wouldBlock, .needsInput: break
        case .needsOutput: watchOutputForReading(true)
        case .ended: inputEnded()
        case .failed(let reason): close(reason)
        }
        // The handshake may have had to wait for the peer with output at hand.
        if state != .closed, tls != nil, outputBytes > 0 { markDirty() }
    }

    private func inputEnded() {
        let staysForOutput = state == .flushing || state == .open && handler?.channelInputEnded(self) == true
        guard staysForOutput else { return close(.endOfStream) }
        flags.insert(.inputEnded)
        flags.insert(.readingPaused)
        updateInterest()
    }

    private func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        if let tls { return tls.read(into: buffer) }
        let count = recv(fd, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return .moved(count) }
        if count == 0 { return .ended }
        return errno == EAGAIN || errno == EINTR
            ? .wouldBlock : .failed(.failed(SystemError(operation: "recv", code: errno)))
    }

    /// Received and not used by the handler.
    private var inputBytes: Int { input.count - Int(inputUsed) }

    private func keepInput(_ bytes: [UInt8], used: Int = 0) {
        input = bytes
        inputUsed = UInt32(truncatingIfNeeded: used)
    }

    /// The received bytes stand in the loop's buffer behind the place of what was kept.
    private func process(received: Int) {
        let kept = inputBytes
        let total = kept + received
        guard total > 0, let handler else { return }
        if received == 0 {
            processKept(handler)
        } else {
            let buffer = loop.receiveBuffer
            if kept > 0 { input.withUnsafeBytes { buffer.copyMemory(from: $0.slice(Int(inputUsed)..<$0.count)) } }
            let consumed = hand(UnsafeMutableRawBufferPointer(rebasing: buffer[..<total]), to: handler)
            guard state == .open else { return }
            if consumed < total {
                keepInput(Array(buffer[max(consumed, 0)..<total]))
            } else if kept > 0 {
                keepInput([])
            }
        }
        guard state == .open, flags.contains(.processingWanted) else { return }
        flags.remove(.processingWanted)
        processAgain()
    }

    /// In its place: who pipelines has much kept, and gets little of it used at a time.
    private func processKept(_ handler: any ChannelHandler) {
        var bytes = input
        let start = Int(inputUsed)
        // Not the handler's while it has the bytes, nor copied when they are changed.
        keepInput([])
        let consumed = bytes.withUnsafeMutableBytes {
            hand(UnsafeMutableRawBufferPointer(rebasing: $0[start...]), to: handler)
        }
        let used = start + max(consumed, 0)
        if state == .open, used < bytes.count { keepInput(bytes, used: used) }
    }

    private func hand(_ bytes: UnsafeMutableRawBufferPointer, to handler: any ChannelHandler) -> Int {
        flags.insert(.processing)
        defer { flags.remove(.processing) }
        return handler.channel(self, received: bytes)
    }
}
