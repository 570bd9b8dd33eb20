import Reactor
import Sessions

/// A session's way to its client: a WebSocket or an event stream. On its loop's thread.
protocol SessionConnection: TimerTarget {
    var session: Session { get }
    var home: PublicWebLoop { get }
    /// Among the loop's connections.
    var handle: UInt64 { get }
    var output: OutputWatch { get set }
    var isOutputWatched: Bool { get set }
    /// It has left its session, and only its last bytes are still on their way.
    var isClosing: Bool { get }
    /// Bytes that wait to be sent.
    var queuedBytes: Int { get }
    /// Sends one event of the session.
    func write(_ event: [UInt8])
    /// Sends at once what the socket takes.
    func flushNow()
    /// The gateway ends the connection; the session has another one by now, or none.
    func end(_ reason: ConnectionEnd)
}

extension SessionConnection {
    static var outputTimer: Int { 1 }

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

    func outputTimerFired() {
        isOutputWatched = false
        lookAtOutput()
    }
}
