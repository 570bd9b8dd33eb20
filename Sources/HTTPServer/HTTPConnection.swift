import Core
import HTTP1
import Reactor
import Telemetry

/// The HTTP/1.1 side of one connection: one request at a time, in order; pipelined ones wait in the channel.
public final class HTTPConnection: ChannelHandler, TimerTarget {
    /// No further request is looked at while so much output waits: who pipelines and does not read is to wait.
    private static let outputBytesMax = 64 * 1024

    /// Answered at once, so that who pipelines without end leaves the others their turn.
    private static let requestsAtOnceMax = 16
    /// Likewise: a batch can have many events.
    private static let bytesAtOnceMax = 32 * 1024

    private enum Phase { case betweenRequests, readingBody, awaitingAnswer, closing, takenOver }

    private let server: HTTPServer
    /// Until the channel ends or is taken over: the two keep each other.
    private var channel: Channel?
    private var parser: RequestParser
    private var phase = Phase.betweenRequests
    private var head: RequestHead?
    private var resolution = HTTPRouter.Resolution.notFound
    private var body: [UInt8] = []
    /// The body counts among those that do not come in one piece.
    private var isBodyPending = false
    private var serial: UInt64 = 0
    /// The current request.
    private var beganAt = MonotonicInstant(nanoseconds: 0)
    private var timer: EventLoop.Timer?
    private var span: RequestSpan?
    private var abort: (() -> Void)?
    private var exchangeEnd: (() -> Void)?
    private var inputEnd: (() -> Void)?
    private var hasInputEnded = false
    /// The connection can't be used again, and the answer says so.
    private var isLastRequest = false
    /// The time for a head runs from its first byte: bytes that trickle in must not extend it.
    private var isHeadTimerArmed = true

    init(server: HTTPServer) {
        self.server = server
        parser = RequestParser(limits: server.limits)
    }

    func begin(on channel: Channel) {
        self.channel = channel
        setTimer(server.timeouts.headMilliseconds)
    }

    // MARK: Input

    public func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int {
        let bytes = UnsafeRawBufferPointer(bytes)
        var consumed = 0
        var requests = 0
        while phase == .betweenRequests || phase == .readingBody {
            if phase == .betweenRequests, channel.outputBytes > Self.outputBytesMax {
                channel.pauseReading()
                return consumed
            }
            if !isHeadTimerArmed, consumed < bytes.count {
                isHeadTimerArmed = true
                setTimer(server.timeouts.headMilliseconds)
            }
            var used = 0
            let event: RequestParser.Event
            do throws(HTTPParseError) {
                event = try parser.next(bytes.slice(consumed..<bytes.count), consumed: &used)
            } catch {
                fail(Problem(error.problemKind, error.detail))
                return bytes.count
            }
            consumed += used
            switch event {
            case .needMoreData:
                if phase == .readingBody { waitForBody() }
                return consumed
            case .head(let head): begin(head)
            case .body(let piece): append(piece)
            case .end:
                requestEnded()
                requests += 1
                if requests == Self.requestsAtOnceMax || consumed >= Self.bytesAtOnceMax, phase == .betweenRequests {
                    channel.processAgain()
                    return consumed
                }
            }
        }
        if phase == .closing { return bytes.count }
        if phase == .awaitingAnswer, consumed < bytes.count { channel.pauseReading() }
        return consumed
    }

    private func begin(_ head: RequestHead) {
        self.head = head
        beganAt = SystemClock.monotonic()
        resolution = server.router.resolve(head)
        span = nil
        phase = .readingBody
        serial += 1
        setTimer(server.timeouts.bodyMilliseconds)
        guard head.expectsContinue, head.hasBody else { return }
        if case .handler = resolution {
            channel?.write { $0.append("HTTP/1.1 100 Continue\r\n\r\n") }
        } else {
            // The body is never read, so the connection can't be used again.
            phase = .awaitingAnswer
            isLastRequest = true
            answer(isLast: true)
        }
    }

    /// Most bodies come in one piece. Room for the rest of what the head promises is taken only once a good part is there.
    private func append(_ piece: UnsafeRawBufferPointer) {
        if isBodyPending { server.pendingBodies.add(piece.count) }
        if let length = head?.contentLength, piece.count >= length / 16 { body.reserveCapacity(length) }
        body.append(bytes: piece)
    }

    /// The rest of it has not come yet. Then the oldest of all those may have to go, which may be this one.
    private func waitForBody() {
        if !isBodyPending, !body.isEmpty {
            isBodyPending = true
            server.pendingBodies.begin(self, serial: serial, bytes: body.count)
        }
        while server.pendingBodies.isOver, let oldest = server.pendingBodies.popOldest() {
            oldest.fail(
                Problem(
                    .overloaded, "So much is being sent at the same time that the slowest have to wait.",
                    retryAfterSeconds: 1))
        }
    }

    /// Whether the body of that request is on its way.
    func isSendingBody(_ serial: UInt64) -> Bool { isBodyPending && serial == self.serial }

    /// It is given away, or of no use.
    @discardableResult
    private func takeBody() -> [UInt8] {
        defer { body = [] }
        if isBodyPending { server.pendingBodies.end(bytes: body.count) }
        isBodyPending = false
        return body
    }

    private func requestEnded() {
        server.loop.cancel(&timer)
        phase = .awaitingAnswer
        answer(isLast: false)
    }

    private func answer(isLast: Bool) {
        guard let head else { return }
        let exchange = HTTPExchange(connection: self, serial: serial)
        let body = takeBody()
        if let problem = server.refusing?(head) {
            exchange.respond(problem)
        } else {
            resolve(head, body, exchange)
        }
        if isLast { close() }
    }

    private func resolve(_ head: RequestHead, _ body: [UInt8], _ exchange: HTTPExchange) {
        switch resolution {
        case .handler(let handler, let parameter, let route, let isTraced):
            let request = HTTPRequest(
                head: head, body: body, parameter: parameter, trace: isTraced ? begin(route, head) : .init())
            handler(request, exchange)
        case .notFound:
            exchange.respond(Problem(.notFound, "Nothing is at \(head.path)."))
        case .methodNotAllowed(let allow, _):
            if head.method != .options || server.options?(head, allow, exchange) != true {
                exchange.respond(
                    Problem(.methodNotAllowed, "\(head.path) answers to \(allow)."), headers: [("Allow", allow)])
            }
        }
    }

    private func begin(_ route: String, _ head: RequestHead) -> PropagatedContext {
        let (trace, open) = RequestSpan.begin(head, route: route, isTLS: server.isTLS, server.tracer, &server.random)
        span = open
        return trace
    }

    private func fail(_ problem: Problem) {
        takeBody()
        serial += 1
        // Of a body that can't be read the head is known, and how it is to be answered: a HEAD without content.
        if phase != .readingBody { head = nil }
        isLastRequest = true
        phase = .awaitingAnswer
        HTTPExchange(connection: self, serial: serial).respond(problem)
        close()
    }

    private func close() {
        phase = .closing
        server.loop.cancel(&timer)
        channel?.closeAfterFlush()
    }

    // MARK: Output

    public func channelDrained(_ channel: Channel) {
        guard phase == .betweenRequests || phase == .readingBody else { return }
        channel.resumeReading()
        channel.processAgain()
    }

    func isAwaiting(_ serial: UInt64) -> Bool { phase == .awaitingAnswer && serial == self.serial }

    func countProblem(_ kind: ProblemKind) { server.problemTold?(kind) }

    /// Nil if there is no head that could be read.
    var timing: RequestTiming? {
        head.map { RequestTiming(route: resolution.route, method: $0.method, beganAt: beganAt) }
    }

    /// Whom the peer's certificate is for, if it was asked for one and has shown it.
    var clientCertificate: TLSPeer? { channel?.tlsPeer }

    /// Of the request's span, if it has one.
    var traceID: String? { span?.open.context.traceIDText }

    func setAbort(_ serial: UInt64, _ body: @escaping () -> Void) {
        if isAwaiting(serial) { abort = body }
    }

    func setExchangeEnd(_ serial: UInt64, _ body: @escaping () -> Void) {
        if isAwaiting(serial) { exchangeEnd = body } else { body() }
    }

    private func endExchange() {
        let ended = exchangeEnd
        exchangeEnd = nil
        ended?()
    }

    func setInputEnd(_ serial: UInt64, _ body: @escaping () -> Void) {
        guard isAwaiting(serial) else { return }
        if hasInputEnded { body() } else { inputEnd = body }
    }

    func respond(_ serial: UInt64, status: Int, headers: [(name: StaticString, value: String)], body: [UInt8]?) {
        guard isAwaiting(serial), let channel else { return }
        let keepAlive = head?.keepAlive == true && !server.isDraining && !hasInputEnded && !isLastRequest
        server.countResponse(status: status)
        if let timing { server.record(timing, status: status, context: span?.open.context) }
        span?.end(status: status, server.tracer)
        span = nil
        let headers = head.flatMap { server.answering?($0) ?? nil }.map { headers + $0 } ?? headers
        let isHead = head?.method == .head
        let isHTTP11 = head?.isHTTP11 != false
        channel.write { output in
            (body ?? []).withUnsafeBytes {
                ResponseEncoder.append(
                    status: status, headers: headers, body: body == nil ? nil : $0, keepAlive: keepAlive,
                    isHead: isHead, isHTTP11: isHTTP11, to: &output)
            }
        }
        abort = nil
        inputEnd = nil
        head = nil
        endExchange()
        guard keepAlive else { return close() }
        phase = .betweenRequests
        isHeadTimerArmed = false
        setTimer(server.timeouts.idleMilliseconds)
        channel.resumeReading()
        channel.processAgain()
    }

    func takeOver(_ serial: UInt64, handler: any ChannelHandler) -> Channel? {
        guard isAwaiting(serial), let channel else { return nil }
        phase = .takenOver
        head = nil
        abort = nil
        inputEnd = nil
        endExchange()
        server.loop.cancel(&timer)
        channel.handler = handler
        self.channel = nil
        server.ended(self)
        channel.resumeReading()
        channel.processAgain()
        return channel
    }

    func takeSpan(_ serial: UInt64) -> OpenSpan? {
        guard isAwaiting(serial) else { return nil }
        defer { span = nil }
        return span?.open
    }

    func closeIfIdle() {
        if phase == .betweenRequests { close() }
    }

    // MARK: Ends

    private func setTimer(_ milliseconds: UInt64) {
        server.loop.cancel(&timer)
        timer = server.loop.schedule(self, kind: 0, afterMilliseconds: milliseconds)
    }

    public func timerFired(kind: Int) {
        timer = nil
        if !isHeadTimerArmed { return close() }
        fail(Problem(.requestTimeout, "The request did not arrive in time."))
    }

    public func channelInputEnded(_ channel: Channel) -> Bool {
        hasInputEnded = true
        if phase == .awaitingAnswer {
            let ended = inputEnd
            inputEnd = nil
            ended?()
            return true
        }
        // The tail of the last answer may still wait for the client to read.
        guard phase == .betweenRequests, channel.outputBytes > 0 else { return false }
        close()
        return true
    }

    public func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) {
        server.loop.cancel(&timer)
        takeBody()
        phase = .closing
        self.channel = nil
        span?.abort(server.tracer)
        span = nil
        let aborted = abort
        abort = nil
        inputEnd = nil
        aborted?()
        endExchange()
        server.ended(self)
    }
}
