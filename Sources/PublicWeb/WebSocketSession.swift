import CloudEvents
import Core
import JSON
import Reactor
import Sessions
import WebSocket

/// A client's session on its WebSocket: CloudEvents in, answers and pushes out, each in one text frame.
final class WebSocketSession: ChannelHandler, ReplySink, TimerTarget {
    let correlationID: [UInt8]
    var pending = PendingRequests.List()
    private let home: PublicWebLoop
    private let rules: EventEnvelope.Rules
    private var decoder: WebSocketDecoder
    private weak var channel: Channel?
    private var handle: UInt64 = 0
    private var sequence: UInt64 = 0
    private var heartbeat: EventLoop.Timer?
    private var lastReceived: MonotonicInstant
    private var softLimitPassedAt: MonotonicInstant?
    private var isAwaitingPong = false
    private var isClosing = false

    /// - Parameter rules: strict with the subprotocol, lenient for hand-typed messages without it.
    init(home: PublicWebLoop, correlationID: [UInt8], rules: EventEnvelope.Rules) {
        self.home = home
        self.correlationID = correlationID
        self.rules = rules
        decoder = WebSocketDecoder(role: .server, messageBytesMax: home.shared.limits.messageBytesMax)
        lastReceived = home.loop.now
    }

    func open(on channel: Channel) {
        self.channel = channel
        handle = home.sinks.insert(self)
        home.shared.metrics.sessionsOpened.add()
        home.shared.metrics.sessionsAttached.add(1)
        sendOpened()
        setHeartbeat(home.shared.limits.pingIntervalMilliseconds)
    }

    // MARK: From the client

    func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int {
        var consumed = 0
        lastReceived = home.loop.now
        isAwaitingPong = false
        while !isClosing {
            var used = 0
            do throws(WebSocketError) {
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[consumed...])
                let event = try decoder.next(rest, consumed: &used)
                consumed += used
                if case .needMoreData = event { return consumed }
                receive(event)
            } catch {
                home.shared.metrics.framesRefused.add()
                close(error.closeCode, reason: error.reason)
            }
        }
        return bytes.count
    }

    private func receive(_ event: WebSocketDecoder.Event) {
        switch event {
        case .needMoreData, .pong: break
        case .text(let message): receive(message: message)
        case .binary:
            sendError(Problem(.malformedEvent, "Events are JSON in text messages; this one was binary."), cause: nil)
        case .ping(let payload): channel?.write { FrameEncoder.append(.pong, payload: payload, to: &$0) }
        case .close(let code, _): close(code ?? .normal, reason: "")
        }
    }

    private func receive(message: UnsafeRawBufferPointer) {
        if message.first(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }) == 0x5B {
            let problem = Problem(.batchNotAllowed, "One event per message: a batch goes to POST /events.")
            return sendError(problem, cause: nil)
        }
        let envelope: EventEnvelope
        do throws(EventError) {
            envelope = try EventEnvelope.scan(message, rules: rules)
        } catch {
            return sendError(Problem(.malformedEvent, error.detail), cause: Self.findID(message))
        }
        if let type = envelope.value(.type, in: message), type.hasPrefix("switchboard.") {
            return receiveControl(type, message, envelope)
        }
        let acceptance = home.accept(message, envelope, from: self, owner: handle, keepsCorrelationID: false)
        if case .refused(let problem) = acceptance { sendError(problem, cause: envelope.value(.id, in: message)) }
    }

    private func receiveControl(
        _ type: UnsafeRawBufferPointer, _ message: UnsafeRawBufferPointer, _ envelope: EventEnvelope
    ) {
        if type.equals("switchboard.session.close") { return close(.normal, reason: "closed by the client") }
        // Nothing is kept for a replay, so there is nothing that an acknowledgement could release.
        if type.equals("switchboard.session.ack") { return }
        let problem = Problem(.unroutableType, "Types that begin with `switchboard.` are the gateway's own.")
        sendError(problem, cause: envelope.value(.id, in: message))
    }

    /// The id of something that is no valid event, if it has one: so that the client knows what the error is about.
    private static func findID(_ message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var found: UnsafeRawBufferPointer?
        do throws(JSONError) {
            try JSONScanner.forEachMember(message) { key, value in
                let text = message.slice(value)
                if message.slice(key).equals("id"), text.count > 2, text.count <= 1026, text.first == 0x22 {
                    found = text.slice(1..<text.count - 1)
                }
            }
        } catch {
            return nil
        }
        return found
    }

    // MARK: To the client

    func owns(correlationID given: UnsafeRawBufferPointer?) -> Bool { given?.elementsEqual(correlationID) == true }

    func deliver(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope) -> Problem? {
        guard let channel, !isClosing else { return Problem(.sessionGone, "The session is closing.") }
        send { output, sequence in
            envelope.appendRewritten(from: bytes, dropping: [.returnaddress, .sequence, .expirytime], to: &output) {
                $0.paddedDecimal("sequence", sequence, width: 16)
            }
        }
        checkOutput(of: channel)
        return nil
    }

    func fail(id: [UInt8], _ problem: Problem) {
        var raw: [UInt8] = []
        id.withUnsafeBytes { JSONWriter.appendStringBody($0, to: &raw) }
        raw.withUnsafeBytes { write(problem, cause: $0) }
    }

    private func sendError(_ problem: Problem, cause: UnsafeRawBufferPointer?) {
        home.shared.metrics.count(problem.kind)
        write(problem, cause: cause)
    }

    private func write(_ problem: Problem, cause: UnsafeRawBufferPointer?) {
        let id = UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &home.random)
        send { output, sequence in
            ErrorEvent.append(
                problem: problem, causationID: cause, correlationID: String(decoding: correlationID, as: UTF8.self),
                source: "/switchboard/public-web", id: id, to: &output
            ) { $0.paddedDecimal("sequence", sequence, width: 16) }
        }
        if let channel { checkOutput(of: channel) }
    }

    private func sendOpened() {
        let limits = home.shared.limits
        let id = UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &home.random)
        var event: [UInt8] = []
        event.append("{\"specversion\":\"1.0\",\"id\":\"")
        id.append(to: &event)
        event.append(
            "\",\"source\":\"/switchboard/public-web\",\"type\":\"switchboard.session.opened\",\"correlationid\":\"")
        event.append(contentsOf: correlationID)
        event.append("\",\"datacontenttype\":\"application/json\",\"data\":{\"correlationid\":\"")
        event.append(contentsOf: correlationID)
        event.append("\",\"recovered\":false,\"sequence\":\"0000000000000000\",\"limits\":{\"messagebytes\":")
        event.append(decimal: UInt64(limits.messageBytesMax))
        event.append(",\"inflight\":")
        event.append(decimal: UInt64(limits.inFlightPerSessionMax))
        event.append(",\"deadlineseconds\":")
        event.append(decimal: limits.requestDeadlineMilliseconds / 1000)
        event.append("},\"heartbeatseconds\":")
        event.append(decimal: limits.pingIntervalMilliseconds / 1000)
        event.append(",\"instance\":\"")
        event.append(utf8: home.shared.instanceName)
        event.append("\"}}")
        channel?.write { output in event.withUnsafeBytes { FrameEncoder.append(.text, payload: $0, to: &output) } }
    }

    /// Sends what `append` writes as one text frame, numbered with the session's next sequence.
    private func send(_ append: (inout [UInt8], UInt64) -> Void) {
        guard let channel, !isClosing else { return }
        sequence += 1
        home.scratch.removeAll(keepingCapacity: true)
        append(&home.scratch, sequence)
        channel.write { output in
            home.scratch.withUnsafeBytes { payload in
                FrameEncoder.appendHeader(.text, payloadBytes: payload.count, to: &output)
                output.append(bytes: payload)
            }
        }
    }

    /// A client that does not read is let go: its output must not grow for ever.
    private func checkOutput(of channel: Channel) {
        let limits = home.shared.limits
        guard channel.outputBytes > limits.outputSoftBytesMax else { return }
        let since = softLimitPassedAt ?? home.loop.now
        softLimitPassedAt = since
        let isLate = home.loop.now.milliseconds(since: since) >= limits.outputSoftMilliseconds
        guard isLate || channel.outputBytes > limits.outputHardBytesMax else { return }
        home.shared.metrics.slowClosed.add()
        close(.tooSlow, reason: "the client does not read fast enough")
    }

    func channelDrained(_ channel: Channel) { softLimitPassedAt = nil }

    // MARK: Ends

    func goAway(reconnectAfterMilliseconds slot: UInt64) {
        close(.goingAway, reason: "reconnect in \(slot)")
    }

    private func close(_ code: CloseCode, reason: String) {
        guard !isClosing, let channel else { return }
        isClosing = true
        channel.write { FrameEncoder.appendClose(code, reason: reason, to: &$0) }
        detach()
        channel.closeAfterFlush()
    }

    func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) {
        self.channel = nil
        if !isClosing { detach() }
        isClosing = true
    }

    private func detach() {
        home.loop.cancel(&heartbeat)
        home.forget(handle, self)
        home.shared.metrics.sessionsAttached.add(-1)
    }

    // MARK: Heartbeat

    private func setHeartbeat(_ milliseconds: UInt64) {
        heartbeat = home.loop.schedule(self, kind: 0, afterMilliseconds: milliseconds)
    }

    /// A ping goes out when nothing came for the interval; without anything in return the connection is half-open.
    func timerFired(kind: Int) {
        heartbeat = nil
        guard let channel, !isClosing else { return }
        let limits = home.shared.limits
        if isAwaitingPong { return channel.close() }
        checkOutput(of: channel)
        if isClosing { return }
        let silence = home.loop.now.milliseconds(since: lastReceived)
        if silence + 20 < limits.pingIntervalMilliseconds {
            return setHeartbeat(limits.pingIntervalMilliseconds - silence)
        }
        isAwaitingPong = true
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        channel.write { FrameEncoder.append(.ping, payload: nothing, to: &$0) }
        setHeartbeat(limits.pongTimeoutMilliseconds)
    }
}
