import CloudEvents
import Core
import Crypto
import HTTP1
import JSON
import Reactor
import Telemetry
import WebSocket

/// A session over WebSockets under load. It resumes, acknowledges and says goodbye as every client should.
final class SessionLoadClient: LoadClient {
    private static let acknowledgeEvery: UInt64 = 64
    private static let messageBytesMax = 16 << 20

    private struct Handshake {
        var parser = ResponseHeadParser()
        let accept: String
    }

    private var decoder = WebSocketDecoder(role: .client, messageBytesMax: messageBytesMax)
    private var handshake: Handshake?
    private var correlationID = ""
    private var token: String?
    private var lastSequence: UInt64 = 0
    private var acknowledged: UInt64 = 0
    /// After a resumption: what comes up to here was sent before it.
    private var replaysUntil: UInt64 = 0
    private var isOpened = false
    private var verdict = ReconnectVerdict.backoff

    // MARK: Connecting

    override func greet(_ output: inout [UInt8]) {
        var nonce: [UInt8] = []
        for _ in 0..<2 { nonce.append(hex: engine.random.next(), digits: 8) }
        let key = Base64.encode(nonce)
        handshake = Handshake(accept: Base64.encode(SHA1.digest(UpgradeRequest.acceptInput(key: Array(key.utf8)))))
        decoder = WebSocketDecoder(role: .client, messageBytesMax: Self.messageBytesMax)
        isOpened = false
        verdict = .backoff
        let endpoint = engine.options.connection.endpoint
        let target =
            token.map { endpoint.target(resuming: correlationID, token: $0, after: lastSequence) } ?? endpoint.target
        output.append(
            utf8: """
                GET \(target) HTTP/1.1\r\nHost: \(endpoint.host):\(endpoint.port)\r\n\
                Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: \(key)\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: \(SessionClient.subprotocol)\r\n\
                \(engine.options.connection.token.headerLine)\r\n
                """)
    }

    /// - Returns: false if the head is not whole, or is no upgrade.
    private func upgrade(_ bytes: UnsafeRawBufferPointer, _ consumed: inout Int) -> Bool {
        guard let accept = handshake?.accept else { return true }
        do {
            guard let head = try handshake?.parser.next(bytes, consumed: &consumed) else { return false }
            guard head.status == 101 else {
                verdict = ReconnectVerdict.of(HandshakeRefusal(head))
                giveUp("handshake: status \(head.status)")
                return false
            }
            _ = try UpgradeAnswer.check(head, expectedAccept: accept, offered: [SessionClient.subprotocol])
            handshake = nil
            return true
        } catch {
            verdict = .never
            giveUp("handshake: no WebSocket")
            return false
        }
    }

    override func disconnected() -> ReconnectVerdict { verdict }

    override func farewell() -> Bool {
        guard isOpened, let channel else { return false }
        send(
            event: Array(
                #"{"specversion":"1.0","id":"bye","source":"/switchboard/bench","type":"switchboard.session.close"}"#
                    .utf8))
        let mask = engine.nextMask()
        channel.write { FrameEncoder.appendClose(.normal, reason: "", mask: mask, to: &$0) }
        return true
    }

    private func send(event: [UInt8]) {
        let mask = engine.nextMask()
        event.withUnsafeBytes { bytes in
            channel?.write { FrameEncoder.append(.text, payload: bytes, mask: mask, to: &$0) }
        }
    }

    override func appendRequest(_ number: UInt64, trace: TraceContext?, to output: inout [UInt8]) {
        let mask = engine.nextMask()
        engine.template.withRequest(session: UInt32(truncatingIfNeeded: index), number: number, trace: trace) {
            FrameEncoder.append(.text, payload: $0, mask: mask, to: &output)
        }
    }

    // MARK: Receiving

    override func receive(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
        var consumed = 0
        guard upgrade(UnsafeRawBufferPointer(bytes), &consumed) else { return consumed }
        let now = SystemClock.monotonic().nanoseconds
        while channel?.isOpen == true {
            do throws(WebSocketError) {
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[consumed...])
                switch try decoder.next(rest, consumed: &consumed) {
                case .needMoreData:
                    acknowledge()
                    topUp(now)
                    return consumed
                case .text(let payload): receive(event: payload, now)
                case .ping(let payload):
                    let mask = engine.nextMask()
                    channel?.write { FrameEncoder.append(.pong, payload: payload, mask: mask, to: &$0) }
                case .close(let code, let reason): receiveClose(code, reason.text)
                case .binary: engine.unknownArrived(index, "a binary message")
                case .pong: break
                }
            } catch {
                giveUp("protocol: \(error.reason)")
            }
        }
        return consumed
    }

    private func receiveClose(_ code: CloseCode?, _ reason: String) {
        verdict = ReconnectVerdict.of(closeCode: code?.rawValue, reason: reason)
        if state != .leaving { tell("close \(code.map { String($0.rawValue) } ?? "without a code")") }
        let mask = engine.nextMask()
        channel?.write { FrameEncoder.appendClose(code, reason: "", mask: mask, to: &$0) }
        channel?.closeAfterFlush()
    }

    private func receive(event bytes: UnsafeRawBufferPointer, _ now: UInt64) {
        guard let scan = AnswerScan(bytes) else { return engine.unknownArrived(index, "no event") }
        let type = bytes.slice(scan.type)
        if type.equals("switchboard.session.opened") { return receiveOpened(bytes, now) }
        let sequence = AnswerScan.number(bytes.slice(scan.sequence)) ?? 0
        let isAnswer = type.equals("PingResponse")
        let number = RequestName.number(
            bytes.slice(scan.causationID), run: engine.run, session: UInt32(truncatingIfNeeded: index))
        if sequence > 0, sequence <= lastSequence {
            // Once more what has come: after a request was sent again that may be, otherwise never.
            if engine.counters.resent == 0 { engine.duplicateArrived(index) }
            return
        }
        if sequence > 0 { lastSequence = sequence }
        if sequence > 0, sequence <= replaysUntil { engine.counters.replayed += 1 }
        guard isAnswer || type.equals("switchboard.error") else { return engine.unknownArrived(index, type.text) }
        let problem = isAnswer ? nil : bytes.slice(scan.data)
        engine.answerArrived(
            self, number: number, problem: problem, trace: bytes.slice(scan.traceparent), now: now)
        if state == .away, isOpened, lastSequence >= replaysUntil { recovered(now) }
    }

    private func receiveOpened(_ bytes: UnsafeRawBufferPointer, _ now: UInt64) {
        guard let event = try? Event(parsing: Array(bytes)), let opening = SessionOpening(event) else {
            verdict = .never
            return giveUp("protocol: no session was opened")
        }
        isOpened = true
        if let limit = opening.inFlightMax { ledger.lowerLimit(to: limit) }
        correlationID = opening.correlationID
        let hadSession = token != nil
        token = opening.resumeToken
        guard hadSession else { return becomeReady(now: now) }
        if opening.isResumed {
            engine.counters.resumed += 1
            if !opening.isRecovered {
                engine.counters.incomplete += 1
                if let first = opening.first { lastSequence = max(lastSequence, first - min(first, 1)) }
            }
            acknowledged = lastSequence
            replaysUntil = opening.sequence
        } else {
            engine.counters.renewed += 1
            abandonPending()
            (lastSequence, acknowledged, replaysUntil) = (0, 0, 0)
        }
        if lastSequence >= replaysUntil { recovered(now) }
    }

    /// All that was sent in the meantime is here; what was not answered may never have arrived.
    private func recovered(_ now: UInt64) {
        becomeReady(now: now)
        resendPending()
        topUp(now)
    }

    private func acknowledge() {
        guard isOpened, lastSequence >= acknowledged + Self.acknowledgeEvery else { return }
        acknowledged = lastSequence
        let sequence = SequenceTracker.format(lastSequence)
        send(
            event: Array(
                """
                {"specversion":"1.0","id":"ack","source":"/switchboard/bench","type":"switchboard.session.ack",\
                "data":{"sequence":"\(sequence)"}}
                """.utf8))
    }
}
