import CloudEvents
import Core
import Glibc
import HTTPClient

/// A session on a WebSocket.
final class WebSocketLink: GatewayLink {
    private static let pieceBytesMax = 64 * 1024

    private let stream: ConnectedStream
    private var client: SessionClient
    private var hasEnded = false
    private var brokenBecause: String?
    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytesMax, alignment: 16)

    /// Connects, does the handshake and waits for the session. Blocks until then.
    /// - Returns: the link, and the event that opened the session.
    static func open(_ options: ConnectionOptions) throws(LinkFailure) -> (link: WebSocketLink, opening: Event) {
        let deadline = SystemClock.monotonic().advanced(byMilliseconds: options.timeoutMilliseconds)
        let stream: ConnectedStream
        do {
            stream = try ConnectedStream.connect(
                url: options.endpoint.httpURL, timeoutMilliseconds: Int(options.timeoutMilliseconds),
                policy: options.policy)
        } catch { throw LinkFailure(error) }
        let link = WebSocketLink(stream, SessionClient(endpoint: options.endpoint))
        while true {
            for event in link.advance() {
                switch event {
                case .opened(let opening): return (link, opening)
                case .failed(let why): throw LinkFailure(why)
                case .closed(let code, let reason): throw LinkFailure(CloseText.of(code: code, reason: reason))
                case .answer, .problem, .push: break
                }
            }
            let now = SystemClock.monotonic()
            guard now < deadline else { throw LinkFailure("the server does not answer") }
            let milliseconds = deadline.milliseconds(since: now) + 1
            Poller.wait([link.interest], milliseconds: milliseconds)
        }
    }

    private init(_ stream: ConnectedStream, _ client: SessionClient) {
        self.stream = stream
        self.client = client
    }

    deinit { piece.deallocate() }

    var fd: CInt { stream.fd }
    var wantsToWrite: Bool { !client.output.isEmpty }
    var pendingCount: Int { client.pendingCount }
    var oldestPending: MonotonicInstant? { client.oldestPending }
    var isClosed: Bool { client.isClosed || hasEnded }
    private var interest: Poller.Interest { Poller.Interest(fd: fd, writes: wantsToWrite) }

    func request(type: String, data: [UInt8]?) throws(EventError) -> String {
        let sent = SentRequest(at: SystemClock.monotonic(), wallNanoseconds: SystemClock.wallNanoseconds())
        let id = try client.request(type: type, data: data, sent)
        flush()
        return id
    }

    func advance() -> [LinkEvent] {
        var events: [LinkEvent] = []
        flush()
        reading: while !hasEnded {
            do throws(ClientError) {
                switch try stream.receive(into: piece) {
                case .wouldBlock: break reading
                case .ended: hasEnded = true
                case .bytes(let count):
                    let bytes = UnsafeRawBufferPointer(rebasing: piece[..<count])
                    events += client.receive(bytes, now: SystemClock.monotonic())
                }
            } catch { breakOff(error.text) }
        }
        flush()
        if hasEnded, !client.isClosed {
            client.abandon()
            events.append(.closed(code: nil, reason: brokenBecause ?? ""))
        }
        return events
    }

    private func flush() {
        while !client.output.isEmpty, !hasEnded {
            do throws(ClientError) {
                let count = try client.output.withBytes { bytes throws(ClientError) in try stream.send(bytes) }
                guard count > 0 else { return }
                client.sent(count)
            } catch { breakOff(error.text) }
        }
    }

    private func breakOff(_ why: String) {
        hasEnded = true
        brokenBecause = why
    }

    func expire(now: MonotonicInstant, timeoutMilliseconds: UInt64) -> [String] {
        client.expire(now: now, timeoutMilliseconds: timeoutMilliseconds)
    }

    func close() {
        client.close()
        flush()
    }
}
