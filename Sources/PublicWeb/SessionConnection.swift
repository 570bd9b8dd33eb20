import CloudEvents
import Core
import Reactor
import Sessions

/// A session's way to its client: a WebSocket or an event stream, which say how things look on the wire. On its loop's
/// thread.
class SessionConnection: ChannelHandler, TimerTarget {
    /// Kinds of timers; from `firstOwnTimer` on they are the subclass's.
    static let outputTimer = 0
    static let expiryTimer = 1
    static let firstOwnTimer = 2
    /// The clock that a token goes by can be set meanwhile.
    private static let expiryCheckMilliseconds: Double = 300_000

    // In the order that wastes least: a gateway has many thousands of these.
    let session: Session
    let home: PublicWebLoop
    /// Among the loop's connections.
    let handle: UInt64
    private(set) var channel: Channel?
    private var output = OutputWatch()
    private var isOutputWatched = false
    /// It has left its session, and only its last bytes are still on their way.
    private(set) var isClosing = false

    init(home: PublicWebLoop, session: Session, handle: UInt64, channel: Channel) {
        self.home = home
        self.session = session
        self.handle = handle
        self.channel = channel
    }

    // MARK: For subclasses to say

    func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int { bytes.count }

    /// Appends one event of the session as it goes to the client.
    func append(_ event: [UInt8], to output: inout [UInt8]) { preconditionFailure("a connection says how it writes") }

    /// Appends what the client is told at the end.
    func appendEnd(_ reason: ConnectionEnd, to output: inout [UInt8]) {}

    /// The connection has left its session: its timers go.
    func cancelTimers() {}

    func timerFired(kind: Int) {
        if kind == Self.expiryTimer { return watchExpiry() }
        guard kind == Self.outputTimer else { return }
        isOutputWatched = false
        lookAtOutput()
    }

    // MARK: Authorisation

    /// Nil in open mode.
    var grant: Grant? { session.principal == nil ? nil : home.authorisations[handle]?.grant }

    /// Of the grant's principal, it is one of the connections that are counted.
    func authorise(_ grant: Grant) {
        home.authorisations[handle] = SessionAuthorisation(grant)
        watchExpiry()
    }

    private func watchExpiry() {
        guard !isClosing, let authorisation = home.authorisations[handle] else { return }
        let left = authorisation.grant.endSeconds * 1000 - Double(SystemClock.wallNanoseconds()) / 1e6
        guard left > 0 else {
            home.shared.access.expired.add()
            return end(.tokenExpired)
        }
        authorisation.timer = home.loop.schedule(
            self, kind: Self.expiryTimer, afterMilliseconds: UInt64(min(left, Self.expiryCheckMilliseconds)) + 1)
    }

    // MARK: Output

    /// Bytes that wait to be sent.
    var queuedBytes: Int { channel?.outputBytes ?? 0 }

    /// Sends one event of the session.
    func write(_ event: [UInt8]) {
        guard !isClosing else { return }
        channel?.write { append(event, to: &$0) }
    }

    /// Sends at once what the socket takes.
    func flushNow() { channel?.flushNow() }

    func channelDrained(_ channel: Channel) {
        if !isClosing { home.pump(session) }
    }

    /// After something was written: a client that does not read is let go, as its output must not grow for ever.
    func lookAtOutput() {
        guard !isClosing else { return }
        let limits = home.sessions.limits
        switch output.look(session.untransmittedBytes + queuedBytes, now: home.loop.now, limits) {
        case .reads: break
        case .tooSlow:
            home.shared.metrics.slowClosed.add()
            end(.tooSlow)
        case .lags:
            guard !isOutputWatched else { return }
            isOutputWatched = true
            _ = home.loop.schedule(self, kind: Self.outputTimer, afterMilliseconds: limits.outputSoftMilliseconds + 1)
        }
    }

    // MARK: Ends

    /// The gateway ends the connection; the session has another one by now, or none.
    func end(_ reason: ConnectionEnd) { close { appendEnd(reason, to: &$0) } }

    /// - Parameter append: writes the last bytes.
    func close(_ append: (inout [UInt8]) -> Void) {
        guard !isClosing, let channel else { return }
        channel.write(append)
        leave()
        channel.closeAfterFlush()
    }

    func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) {
        if !isClosing { leave() }
        self.channel = nil
    }

    private func leave() {
        isClosing = true
        cancelTimers()
        if session.principal != nil, let authorisation = home.authorisations.removeValue(forKey: handle) {
            home.loop.cancel(&authorisation.timer)
            authorisation.grant.principal.disconnect()
        }
        home.left(session, handle)
    }
}
