import CloudEvents
import Core
import HTTPServer
import Reactor
import Sessions

/// A session's events as Server-Sent Events (WHATWG HTML §9.2): `id` is the sequence, `data` the event. What the client
/// sends is ignored.
final class EventStream: ChannelHandler, SessionConnection, TimerTarget {
    private static let heartbeatTimer = 0

    let session: Session
    let home: PublicWebLoop
    let handle: UInt64
    private var channel: Channel?
    private var heartbeat: EventLoop.Timer?
    var output = OutputWatch()
    var isOutputWatched = false
    private(set) var isClosing = false

    init(home: PublicWebLoop, session: Session, handle: UInt64, channel: Channel) {
        self.home = home
        self.session = session
        self.handle = handle
        self.channel = channel
        // The kernel gives up a client that does not take a comment in time: there is no pong here.
        channel.setUnacknowledgedTimeout(milliseconds: home.shared.limits.pongTimeoutMilliseconds)
        setHeartbeat()
    }

    /// The head of the response. The body has no length: it ends with the connection.
    static let head = Array(
        """
        HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n\
        Connection: close\r\n\r\n
        """.utf8)

    func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int { bytes.count }

    var queuedBytes: Int { channel?.outputBytes ?? 0 }

    func write(_ event: [UInt8]) {
        guard !isClosing else { return }
        channel?.write { Self.append(event, to: &$0) }
    }

    /// A line break, which JSON may have between its tokens, would end the field: each line is one of its own.
    static func append(_ event: [UInt8], to output: inout [UInt8]) {
        event.withUnsafeBytes { bytes in
            if let envelope = try? EventEnvelope.scan(bytes, rules: .lenient),
                let sequence = envelope.value(.sequence, in: bytes)
            {
                output.append("id: ")
                output.append(bytes: sequence)
                output.append(0x0A)
            }
            for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
                output.append("data: ")
                output.append(contentsOf: line)
                output.append(0x0A)
            }
        }
        output.append(0x0A)
    }

    func flushNow() { channel?.flushNow() }

    func channelDrained(_ channel: Channel) {
        if !isClosing { home.pump(session) }
    }

    /// An event stream has no close code: the reason goes as a comment, and `retry` says when to come back.
    func end(_ reason: ConnectionEnd) {
        guard !isClosing, let channel else { return }
        channel.write { output in
            if case .goingAway(let milliseconds) = reason {
                output.append("retry: ")
                output.append(decimal: milliseconds)
                output.append("\n")
            }
            output.append(": ")
            output.append(decimal: UInt64(reason.closeCode.rawValue))
            output.append(0x20)
            output.append(utf8: reason.reason)
            output.append("\n\n")
        }
        leave()
        channel.closeAfterFlush()
    }

    func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) {
        if !isClosing { leave() }
        self.channel = nil
    }

    private func leave() {
        isClosing = true
        home.loop.cancel(&heartbeat)
        home.left(session, handle)
    }

    private func setHeartbeat() {
        heartbeat = home.loop.schedule(
            self, kind: Self.heartbeatTimer, afterMilliseconds: home.shared.limits.pingIntervalMilliseconds)
    }

    func timerFired(kind: Int) {
        guard !isClosing else { return }
        if kind == Self.outputTimer { return outputTimerFired() }
        channel?.write { $0.append(":\n\n") }
        setHeartbeat()
    }
}
