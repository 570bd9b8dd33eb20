import CloudEvents
import Core
import Glibc
import HTTPClient

/// A session over WebSockets, one after the other.
final class WebSocketLink: GatewayLink {
    private static let pieceBytesMax = 64 * 1024
    /// For the gateway to take note of the goodbye.
    private static let closeMilliseconds: UInt64 = 300

    private let options: ConnectionOptions
    private var stream: ConnectedStream?
    private var session: ResumableSession
    private var connector: BackgroundConnector?
    /// Sending failed; what was received before is read first.
    private var brokenBecause: String?
    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytesMax, alignment: 16)

    /// Connects, does the handshake and waits for the session. Blocks until then.
    /// - Returns: the link, and the event that opened the session.
    static func open(_ options: ConnectionOptions) throws(LinkFailure) -> (link: WebSocketLink, opening: Event) {
        let stream: ConnectedStream
        do { stream = try options.connect() } catch { throw LinkFailure(error) }
        let link = WebSocketLink(options, stream)
        while true {
            for event in link.advance() {
                switch event {
                case .opened(let opening): return (link, opening)
                case .ended(let why): throw LinkFailure(why)
                default: break
                }
            }
            let now = SystemClock.monotonic()
            let milliseconds = link.nextDeadline.map { $0.milliseconds(since: now) + 1 }
            Poller.wait([Poller.Interest(fd: link.fd, writes: link.wantsToWrite)], milliseconds: milliseconds)
        }
    }

    private init(_ options: ConnectionOptions, _ stream: ConnectedStream) {
        self.options = options
        self.stream = stream
        session = ResumableSession(
            endpoint: options.endpoint, reconnects: options.reconnects, timeoutMilliseconds: options.timeoutMilliseconds
        )
        session.connected(now: SystemClock.monotonic(), headers: options.token.headerLine)
    }

    deinit { piece.deallocate() }

    var fd: CInt { stream?.fd ?? connector?.fd ?? -1 }
    var wantsToWrite: Bool { stream != nil && !session.output.isEmpty }
    var pendingCount: Int { session.pendingCount }
    var oldestPending: MonotonicInstant? { session.oldestPending }
    var sessionStatus: SessionStatus? { session.status }
    var nextDeadline: MonotonicInstant? {
        brokenBecause == nil ? session.nextDeadline : MonotonicInstant(nanoseconds: 0)
    }

    func request(type: String, data: [UInt8]?, traceparent: String?) throws(EventError) -> String {
        let id = try session.request(
            type: type, data: data, traceparent: traceparent, now: SystemClock.monotonic(),
            wallNanoseconds: SystemClock.wallNanoseconds())
        flush()
        return id
    }

    func advance() -> [LinkEvent] {
        var events = takeConnection()
        flush()
        events += read()
        events += session.advance(now: SystemClock.monotonic())
        flush()
        if !session.usesSocket { forgetSocket() }
        let now = SystemClock.monotonic()
        if session.wantsConnection(now: now) { events += startConnecting(now) }
        return events
    }

    func expire(now: MonotonicInstant, timeoutMilliseconds: UInt64) -> [String] {
        session.expire(now: now, timeoutMilliseconds: timeoutMilliseconds)
    }

    func drop() -> Bool {
        guard let stream, session.usesSocket else { return false }
        shutdown(stream.fd, CInt(SHUT_RDWR))
        forgetSocket()
        session.drop(now: SystemClock.monotonic())
        return true
    }

    func close() {
        session.close(now: SystemClock.monotonic())
        let deadline = SystemClock.monotonic().advanced(byMilliseconds: Self.closeMilliseconds)
        while stream != nil, !session.hasClosed {
            flush()
            _ = read()
            let now = SystemClock.monotonic()
            guard now < deadline, brokenBecause == nil, !session.hasClosed else { break }
            let milliseconds = deadline.milliseconds(since: now) + 1
            Poller.wait([Poller.Interest(fd: fd, writes: wantsToWrite)], milliseconds: milliseconds)
        }
        forgetSocket()
    }

    // MARK: The socket

    private func forgetSocket() {
        stream = nil
        brokenBecause = nil
    }

    private func read() -> [LinkEvent] {
        var events: [LinkEvent] = []
        var ended: String??
        reading: while let stream, ended == nil {
            do throws(ClientError) {
                switch try stream.receive(into: piece) {
                case .wouldBlock: break reading
                case .ended: ended = .some(nil)
                case .bytes(let count):
                    let bytes = UnsafeRawBufferPointer(rebasing: piece[..<count])
                    events += session.receive(bytes, now: SystemClock.monotonic())
                }
            } catch { ended = .some(error.text) }
        }
        if ended == nil, let brokenBecause { ended = .some(brokenBecause) }
        if let ended {
            events += session.socketEnded(ended, now: SystemClock.monotonic())
            forgetSocket()
        }
        return events
    }

    private func flush() {
        while let stream, brokenBecause == nil, !session.output.isEmpty {
            do throws(ClientError) {
                let count = try session.output.withBytes { bytes throws(ClientError) in try stream.send(bytes) }
                guard count > 0 else { return }
                session.sent(count)
            } catch { brokenBecause = error.text }
        }
    }

    // MARK: Connecting

    private func startConnecting(_ now: MonotonicInstant) -> [LinkEvent] {
        session.connecting()
        do throws(SystemError) {
            if connector == nil { connector = try BackgroundConnector() }
            try connector?.start(options)
            return []
        } catch { return session.connectFailed(LinkFailure("\(error)"), now: now) }
    }

    private func takeConnection() -> [LinkEvent] {
        guard stream == nil, let outcome = connector?.take() else { return [] }
        let now = SystemClock.monotonic()
        switch outcome {
        case .success(let connected):
            stream = connected
            session.connected(now: now, headers: options.token.headerLine)
            return []
        case .failure(let error): return session.connectFailed(LinkFailure(error), now: now)
        }
    }
}
