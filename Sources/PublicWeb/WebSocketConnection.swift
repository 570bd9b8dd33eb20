import CloudEvents
import Core
import JSON
import Reactor
import Sessions
import WebSocket

/// A session's WebSocket: CloudEvents in, answers and pushes out, each in one text frame.
final class WebSocketConnection: SessionConnection {
    private static let heartbeatTimer = firstOwnTimer
    /// Handled at once, so that who sends tiny ones without end leaves the others their turn.
    private static let messagesAtOnceMax = 64

    private var heartbeat: EventLoop.Timer?
    private var isAwaitingPong = false
    private let rules: EventEnvelope.Rules
    private var lastReceived: MonotonicInstant
    private var lastSent: MonotonicInstant
    private var decoder: WebSocketDecoder

    /// - Parameter rules: strict with the subprotocol, lenient for hand-typed messages without it.
    init(home: PublicWebLoop, session: Session, handle: UInt64, channel: Channel, rules: EventEnvelope.Rules) {
        self.rules = rules
        decoder = WebSocketDecoder(role: .server, messageBytesMax: home.shared.limits.messageBytesMax)
        lastReceived = home.loop.now
        lastSent = lastReceived
        super.init(home: home, session: session, handle: handle, channel: channel)
        setHeartbeat(home.shared.limits.pingIntervalMilliseconds)
    }

    // MARK: From the client

    override func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int {
        var consumed = 0
        lastReceived = home.loop.now
        isAwaitingPong = false
        var messages = 0
        while !isClosing {
            if messages == Self.messagesAtOnceMax {
                channel.processAgain()
                return consumed
            }
            messages += 1
            var used = 0
            do throws(WebSocketError) {
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[consumed...])
                let event = try decoder.next(rest, consumed: &used)
                consumed += used
                if case .needMoreData = event { return consumed }
                receive(event)
            } catch {
                home.shared.metrics.framesRefused.add()
                close(error.closeCode, error.reason)
            }
        }
        return bytes.count
    }

    private func receive(_ event: WebSocketDecoder.Event) {
        switch event {
        case .needMoreData: break
        case .pong: _ = isAbuse()
        case .text(let message): receive(message: message)
        case .binary:
            if isAbuse() { return }
            refuse(Problem(.malformedEvent, "Events are JSON in text messages; this one was binary."), cause: nil)
        case .ping(let payload):
            if isAbuse() { return }
            channel?.write { FrameEncoder.append(.pong, payload: payload, to: &$0) }
            lookAtOutput()
        case .close(let code, _): close(code ?? .normal, "")
        }
    }

    private func receive(message: UnsafeRawBufferPointer) {
        if message.first(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }) == 0x5B {
            if isAbuse() { return }
            let problem = Problem(.batchNotAllowed, "One event per message: a batch goes to POST /events.")
            return refuse(problem, cause: nil)
        }
        let envelope: EventEnvelope
        do throws(EventError) {
            envelope = try EventEnvelope.scan(message, rules: rules)
            try envelope.checkClient(in: message)
        } catch {
            if let grant, home.refusal(of: 1, by: grant)?.isAbuse == true { return end(.tooFast) }
            return refuse(Problem(.malformedEvent, error.detail), cause: Self.findID(message))
        }
        let cause = envelope.value(.id, in: message)
        if let type = envelope.value(.type, in: message), type.hasPrefix("switchboard.") {
            if isAbuse() { return }
            if let problem = home.control(type, message, envelope, of: session) { refuse(problem, cause: cause) }
            return
        }
        if let grant, !isPermitted(message, envelope, by: grant) { return }
        switch home.accept(message, envelope, for: session, Arrival(principal: session.principal)) {
        case .accepted, .stillWaiting: break
        case .refused(let problem): refuse(problem, cause: cause)
        case .ended(let place): answerAgain(place)
        }
    }

    /// Whether the client goes on far above its rate with what is no event. Then the connection ends.
    private func isAbuse() -> Bool {
        guard let grant, home.isAbuse(by: grant) else { return false }
        end(.tooFast)
        return true
    }

    /// Whether the client may send the event now. If not, it was told; but what was accepted before keeps the outcome that
    /// it has or gets.
    private func isPermitted(
        _ message: UnsafeRawBufferPointer, _ envelope: EventEnvelope, by grant: Grant
    ) -> Bool {
        let cause = envelope.value(.id, in: message)
        let refused = home.refusal(of: 1, by: grant)
        if refused?.isAbuse == true {
            end(.tooFast)
            return false
        }
        guard let problem = refused?.problem ?? home.refusal(ofType: envelope.value(.type, in: message), by: grant)
        else { return true }
        let known = PublicWebLoop.withDecoded(cause) { home.sessions.pending.find(owner: session.handle, id: $0) }
        switch known?.state {
        case nil: refuse(problem, cause: cause)
        case .waiting: break
        case .ended(let place): answerAgain(place)
        }
        return false
    }

    private func answerAgain(_ place: PendingRequests.Place) {
        guard let event = home.sessions.repeatedAnswer(at: place, in: session, isError: EventsExchange.isError) else {
            return
        }
        write(event)
        lookAtOutput()
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

    private func refuse(_ problem: Problem, cause: UnsafeRawBufferPointer?) {
        home.appendError(problem, cause: cause, to: session)
    }

    // MARK: To the client

    override func append(_ event: [UInt8], to output: inout [UInt8]) {
        lastSent = home.loop.now
        FrameEncoder.appendHeader(.text, payloadBytes: event.count, to: &output)
        output.append(contentsOf: event)
    }

    override func appendEnd(_ reason: ConnectionEnd, to output: inout [UInt8]) {
        FrameEncoder.appendClose(reason.closeCode, reason: reason.reason, to: &output)
    }

    private func close(_ code: CloseCode, _ reason: String) {
        close { FrameEncoder.appendClose(code, reason: reason, to: &$0) }
    }

    override func cancelTimers() { home.loop.cancel(&heartbeat) }

    // MARK: Time

    private func setHeartbeat(_ milliseconds: UInt64) {
        // Timers fire a tick late at most, and a silent client is to be found in time.
        heartbeat = home.loop.schedule(
            self, kind: Self.heartbeatTimer, afterMilliseconds: milliseconds > 50 ? milliseconds - 50 : milliseconds)
    }

    /// A ping goes out when nothing came for the interval; without anything in return the connection is half-open. One also
    /// goes out when nothing was sent for the interval, as to a client whose events wait for their answers: it, too, gives
    /// up a connection on which nothing comes.
    override func timerFired(kind: Int) {
        guard kind == Self.heartbeatTimer else { return super.timerFired(kind: kind) }
        guard let channel, !isClosing else { return }
        heartbeat = nil
        let limits = home.shared.limits
        if isAwaitingPong { return channel.close() }
        let interval = limits.pingIntervalMilliseconds
        isAwaitingPong = home.loop.now.milliseconds(since: lastReceived) + 100 >= interval
        if isAwaitingPong || home.loop.now.milliseconds(since: lastSent) + 100 >= interval {
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            channel.write { FrameEncoder.append(.ping, payload: nothing, to: &$0) }
            lastSent = home.loop.now
        }
        if isAwaitingPong { return setHeartbeat(limits.pongTimeoutMilliseconds) }
        setHeartbeat(interval - home.loop.now.milliseconds(since: min(lastReceived, lastSent)))
    }
}
