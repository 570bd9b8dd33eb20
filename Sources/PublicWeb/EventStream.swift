import CloudEvents
import Core
import HTTPServer
import Reactor
import Sessions

/// A session's events as Server-Sent Events (WHATWG HTML §9.2): `id` is the sequence, `data` the event. What the client
/// sends is ignored.
final class EventStream: SessionConnection {
    private static let heartbeatTimer = firstOwnTimer

    private var heartbeat: EventLoop.Timer?

    override init(home: PublicWebLoop, session: Session, handle: UInt64, channel: Channel) {
        super.init(home: home, session: session, handle: handle, channel: channel)
        // The kernel gives up a client that does not take a comment in time: there is no pong here.
        channel.setUnacknowledgedTimeout(milliseconds: home.shared.limits.pongTimeoutMilliseconds)
        setHeartbeat()
    }

    /// The head of the response. The body has no length: it ends with the connection.
    /// - Parameter origin: of the page that is to see it, if it is another one's.
    static func appendHead(origin: String?, to output: inout [UInt8]) {
        output.append(
            """
            HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n\
            Connection: close\r\n
            """)
        for header in origin.map({ CrossOriginHeaders.answer(to: $0) }) ?? [] {
            output.append(header.name)
            output.append(": ")
            output.append(utf8: header.value)
            output.append("\r\n")
        }
        output.append("\r\n")
    }

    /// A line break, which JSON may have between its tokens, would end the field: each line is one of its own.
    override func append(_ event: [UInt8], to output: inout [UInt8]) {
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

    /// An event stream has no close code: the reason goes as a comment, and `retry` says when to come back.
    override func appendEnd(_ reason: ConnectionEnd, to output: inout [UInt8]) {
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

    override func cancelTimers() { home.loop.cancel(&heartbeat) }

    private func setHeartbeat() {
        heartbeat = home.loop.schedule(
            self, kind: Self.heartbeatTimer, afterMilliseconds: home.shared.limits.pingIntervalMilliseconds)
    }

    override func timerFired(kind: Int) {
        guard kind == Self.heartbeatTimer else { return super.timerFired(kind: kind) }
        guard !isClosing else { return }
        channel?.write { $0.append(":\n\n") }
        setHeartbeat()
    }
}
