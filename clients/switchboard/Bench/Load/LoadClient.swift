import Core
import Reactor
import Telemetry

/// One connection under load: what is common to sessions and to plain HTTP. Subclasses speak the protocol.
class LoadClient: ChannelHandler, TimerTarget {
    enum State {
        /// Not begun.
        case new
        /// For the first time, until it is ready or failed.
        case opening
        case ready
        /// Its connection was lost; it comes back.
        case away
        /// For good.
        case failed
        case leaving
        case left
    }

    private static let slowReceiveBytes = 4096

    unowned let engine: LoadEngine
    let index: Int
    let isSlow: Bool
    var ledger: RequestLedger
    private(set) var state = State.new
    private(set) var channel: Channel?
    /// Open loop: how many of its requests are due so far, and how many of them were sent.
    var due: UInt64 = 0
    private(set) var sent: UInt64 = 0
    private(set) var beganOpening: UInt64 = 0
    private(set) var leftAt: UInt64 = 0
    private var wasOpened = false
    private var backoff = ReconnectBackoff()
    private var retryTimer: EventLoop.Timer?

    init(engine: LoadEngine, index: Int) {
        self.engine = engine
        self.index = index
        isSlow = engine.plan.isSlow(session: index)
        ledger = RequestLedger(limit: engine.options.inFlight)
    }

    // MARK: For subclasses

    /// Appends what a new connection sends first.
    func greet(_ output: inout [UInt8]) {}
    /// As of a channel's handler.
    func receive(_ bytes: UnsafeMutableRawBufferPointer) -> Int { bytes.count }
    func appendRequest(_ number: UInt64, trace: TraceContext?, to output: inout [UInt8]) {}
    /// Says goodbye. False: there is nobody to wait for.
    func farewell() -> Bool { false }
    /// The connection is gone. - Returns: whether to connect again, and when.
    func disconnected() -> ReconnectVerdict { .backoff }

    // MARK: Connecting

    func open() {
        state = .opening
        connect()
    }

    private func connect() {
        beganOpening = SystemClock.monotonic().nanoseconds
        do throws(SystemError) {
            let fd = try engine.opener.open(number: index, receiveBytes: isSlow ? Self.slowReceiveBytes : 0)
            let channel = try Channel.make(loop: engine.loop, fd: fd, tls: engine.opener.tls, handler: self)
            self.channel = channel
            channel.write { greet(&$0) }
        } catch { lost("connect: \(error.reason)", .backoff) }
    }

    /// It can be used from now on. - Parameter isReturn: after a loss.
    func becomeReady(now: UInt64) {
        let wasAway = state == .away
        state = .ready
        wasOpened = true
        backoff.reset()
        engine.ready(self, wasAway: wasAway, now: now)
    }

    /// Whether it was open and is not. A kept connection may well be on its way back.
    var isMissing: Bool { wasOpened && (state == .failed || state == .away && !engine.options.connection.usesHTTP) }

    /// Whether it has tried to connect for too long.
    func isStuck(now: UInt64, timeoutNanoseconds: UInt64) -> Bool {
        (state == .opening || state == .away && channel != nil) && now - min(beganOpening, now) > timeoutNanoseconds
    }

    /// Ends a connection that does not get on.
    func giveUp(_ kind: String) {
        engine.tally.count(kind)
        isTold = true
        channel?.close()
    }

    /// The socket breaks, as seen from here.
    func cut() {
        isTold = true
        channel?.close()
    }

    /// What ended the connection is counted already.
    private var isTold = false

    func tell(_ kind: String) {
        guard !isTold else { return }
        isTold = true
        engine.tally.count(kind)
    }

    final func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) {
        self.channel = nil
        let verdict = disconnected()
        switch reason {
        case .local: lost(nil, verdict)
        case .endOfStream: lost("connection ended", verdict)
        case .failed(let error): lost("\(state == .ready ? "connection" : "connect"): \(error.reason)", verdict)
        // It would be the same again.
        case .tlsFailed(let text): lost("TLS: \(text)", .never)
        }
    }

    private func lost(_ kind: String?, _ verdict: ReconnectVerdict) {
        let previous = state
        if let kind, state != .leaving { tell(kind) }
        isTold = false
        switch previous {
        case .opening:
            state = .failed
            engine.failed(self)
        case .ready, .away:
            if previous == .ready { leftAt = SystemClock.monotonic().nanoseconds }
            if previous == .ready { engine.disconnected() }
            state = .away
            comeBack(verdict)
        case .leaving:
            state = .left
            engine.left(self)
        case .new, .failed, .left: break
        }
    }

    private func comeBack(_ verdict: ReconnectVerdict) {
        let milliseconds: UInt64
        switch verdict {
        case .never:
            state = .failed
            return engine.abandoned(self)
        case .backoff: milliseconds = backoff.nextMilliseconds()
        case .slot(let slot): milliseconds = slot
        case .notBefore(let wait): milliseconds = wait + backoff.nextMilliseconds()
        }
        retryTimer = engine.loop.schedule(self, kind: 0, afterMilliseconds: milliseconds)
    }

    final func timerFired(kind: Int) {
        retryTimer = nil
        if state == .away, channel == nil { connect() }
    }

    func channelInputEnded(_ channel: Channel) -> Bool { false }

    /// - Returns: whether there is anybody to wait for.
    final func leave() -> Bool {
        engine.loop.cancel(&retryTimer)
        let wasReady = state == .ready
        state = .leaving
        channel?.resumeReading()
        if wasReady, channel != nil, farewell() { return true }
        state = .left
        channel?.close()
        return false
    }

    final func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int {
        let consumed = receive(bytes)
        // At once, not when all other connections have had their turn.
        channel.flushNow()
        return consumed
    }

    // MARK: Requests

    /// Sends what may be sent: in the closed loop all that there is room for, in the open loop what is due.
    final func topUp(_ now: UInt64) {
        guard state == .ready, now < engine.sendingEnds else { return }
        guard engine.isOpenLoop else {
            while ledger.hasRoom { send(intended: now) }
            return
        }
        while sent < due, ledger.hasRoom { send(intended: engine.intended(of: sent, client: self)) }
    }

    private func send(intended: UInt64) {
        let trace = engine.traces.traceOfNextRequest(&engine.random)
        guard let channel, let number = ledger.begin(intended: intended, isTraced: trace != nil) else { return }
        channel.write { appendRequest(number, trace: trace, to: &$0) }
        sent += 1
        engine.counters.sent += 1
    }

    final func resendPending() {
        guard let channel else { return }
        // With the same ids: who got them already answers as before.
        ledger.forEachPending { number in
            channel.write { appendRequest(number, trace: nil, to: &$0) }
            engine.counters.resent += 1
        }
    }

    /// Nobody will answer what waits.
    final func abandonPending() {
        let count = UInt64(ledger.abandonAll())
        engine.counters.lost += count
        if count > 0 { engine.requestsEnded() }
    }
}
