import CloudEvents
import Core
import Crypto
import HTTP1
import JSON
import WebSocket

/// A client's side of a session: bytes and time in, bytes and actions out. No input or output of its own.
struct SessionClient {
    static let subprotocol = "cloudevents.json"
    static let source = "/switchboard/cli"
    private static let messageBytesMax = 16 << 20

    private enum Phase {
        case handshake(ResponseHeadParser, accept: String)
        case open, closed
    }

    /// To be sent; whoever sends takes it from the front.
    private(set) var output: [UInt8] = []
    private(set) var correlationID: String?
    private(set) var lastSequence: String?
    private var phase: Phase
    private var decoder = WebSocketDecoder(role: .client, messageBytesMax: messageBytesMax)
    private var input: [UInt8] = []
    private var pending: [String: SentRequest] = [:]
    private var random = RandomSource()

    init(endpoint: Endpoint) {
        var nonce: [UInt8] = []
        for _ in 0..<2 { nonce.append(hex: random.next(), digits: 8) }
        let key = Base64.encode(nonce)
        let accept = Base64.encode(SHA1.digest(UpgradeRequest.acceptInput(key: key)))
        phase = .handshake(ResponseHeadParser(limits: HTTPLimits()), accept: accept)
        output.append(
            utf8: """
                GET \(endpoint.target) HTTP/1.1\r\nHost: \(endpoint.host):\(endpoint.port)\r\nUpgrade: websocket\r\n\
                Connection: Upgrade\r\nSec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n\
                Sec-WebSocket-Protocol: \(Self.subprotocol)\r\n\r\n
                """)
    }

    var isOpen: Bool { if case .open = phase { correlationID != nil } else { false } }
    var isClosed: Bool { if case .closed = phase { true } else { false } }
    var pendingCount: Int { pending.count }

    mutating func sent(_ count: Int) { output.removeFirst(count) }

    // MARK: Requests

    /// Queues an event and returns its id. - Parameter data: valid JSON.
    mutating func request(type: String, data: [UInt8]?, _ sent: SentRequest) throws(EventError) -> String {
        let id = UUIDv7(wallNanoseconds: sent.wallNanoseconds, random: &random).text
        let event = try Event(id: id, source: Self.source, type: type, data: data)
        pending[id] = sent
        send(.text, event.bytes)
        return id
    }

    /// The ids of requests that are older than the timeout; nobody waits for them any more.
    mutating func expire(now: MonotonicInstant, timeoutMilliseconds: UInt64) -> [String] {
        let late = pending.filter { now.milliseconds(since: $0.value.at) >= timeoutMilliseconds }.keys.sorted()
        for id in late { pending[id] = nil }
        return late
    }

    /// When the first of the pending requests was sent.
    var oldestPending: MonotonicInstant? { pending.values.map(\.at).min() }

    mutating func close() {
        guard case .open = phase else { return }
        FrameEncoder.appendClose(.normal, reason: "", mask: mask(), to: &output)
        phase = .closed
    }

    /// The connection is gone.
    mutating func abandon() { phase = .closed }

    private mutating func send(_ opcode: Opcode, _ payload: [UInt8]) {
        let mask = mask()
        payload.withUnsafeBytes { FrameEncoder.append(opcode, payload: $0, mask: mask, to: &output) }
    }

    private mutating func mask() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }

    // MARK: Bytes from the server

    mutating func receive(_ bytes: UnsafeRawBufferPointer, now: MonotonicInstant) -> [LinkEvent] {
        input.append(bytes: bytes)
        var actions: [LinkEvent] = []
        if case .handshake = phase, let action = receiveHandshake() { actions.append(action) }
        while case .open = phase {
            guard let action = nextMessage(now, &actions) else { break }
            if let action { actions.append(action) }
        }
        return actions
    }

    private mutating func receiveHandshake() -> LinkEvent? {
        guard case .handshake(var parser, let accept) = phase else { return nil }
        var consumed = 0
        do {
            let head = try input.withBytes { bytes throws(HTTPParseError) in try parser.next(bytes, consumed: &consumed)
            }
            guard let head else {
                phase = .handshake(parser, accept: accept)
                return nil
            }
            input.removeFirst(consumed)
            guard try UpgradeAnswer.check(head, expectedAccept: accept, offered: [Self.subprotocol]) != nil else {
                phase = .closed
                return .failed("the server does not speak the subprotocol \(Self.subprotocol)")
            }
            phase = .open
            return nil
        } catch {
            phase = .closed
            return .failed(Self.explain(error, body: input))
        }
    }

    private static func explain(_ error: any Error, body: [UInt8]) -> String {
        guard let failure = error as? UpgradeAnswer.Failure, case .refused(let status) = failure else {
            return "the server's answer to the handshake is wrong: \(error)"
        }
        let detail = (try? JSONValue.parse(body))?["detail"]?.string
        return "the server refused the WebSocket with status \(status)" + (detail.map { ": \($0)" } ?? "")
    }

    /// Outer nil: more bytes are needed. Inner nil: nothing to tell.
    private mutating func nextMessage(_ now: MonotonicInstant, _ actions: inout [LinkEvent]) -> LinkEvent?? {
        var consumed = 0
        defer { input.removeFirst(min(consumed, input.count)) }
        do {
            var message: [UInt8]?
            var decoder = decoder
            defer { self.decoder = decoder }
            let event = try input.withUnsafeMutableBytes { try decoder.next($0, consumed: &consumed) }
            switch event {
            case .needMoreData: return .none
            case .text(let text): message = Array(text)
            case .ping(let payload): send(.pong, Array(payload))
            case .close(let code, let reason):
                let text = reason.text
                FrameEncoder.appendClose(code, reason: "", mask: mask(), to: &output)
                phase = .closed
                return .some(.closed(code: code?.rawValue, reason: text))
            case .binary, .pong: break
            }
            return .some(message.flatMap { receive(message: $0, now) })
        } catch {
            phase = .closed
            return .some(.failed("the server broke the WebSocket protocol: \(error)"))
        }
    }

    private mutating func receive(message: [UInt8], _ now: MonotonicInstant) -> LinkEvent {
        guard let event = try? Event(parsing: message) else {
            return .failed("the server sent something that is no event")
        }
        if let sequence = event.string(.sequence) { lastSequence = sequence }
        if event.type == "switchboard.session.opened" {
            correlationID = event.correlationID
            return .opened(event)
        }
        let cause = event.causationID
        let sent = cause.flatMap { pending.removeValue(forKey: $0) }
        if event.type == "switchboard.error" {
            let data = event.data.flatMap { try? JSONValue.parse($0) }
            return .problem(id: sent == nil ? nil : cause, RequestProblem(data, status: nil))
        }
        guard let cause, let sent else { return .push(event) }
        return .answer(
            Answer(
                id: cause, event: event, roundTripNanoseconds: now.nanoseconds(since: sent.at),
                sentWallNanoseconds: sent.wallNanoseconds))
    }
}
