import CloudEvents
import Core
import Crypto
import HTTP1
import WebSocket

/// A client's side of one WebSocket: bytes in, bytes and events out. No input or output of its own.
struct SessionClient {
    static let subprotocol = "cloudevents.json"
    static let source = "/switchboard/cli"
    private static let messageBytesMax = 16 << 20
    /// Of a refusal; more says nothing more.
    private static let bodyBytesMax = 64 * 1024

    private enum Phase {
        case handshake(ResponseHeadParser, accept: String)
        /// The body, of so many bytes, may say why.
        case refused(HandshakeRefusal, bodyBytes: Int)
        case open
        /// Our close frame is out; the server's is to come.
        case closing
        case closed
    }

    /// To be sent; whoever sends takes it from the front.
    private(set) var output: [UInt8] = []
    private var phase: Phase
    private var decoder = WebSocketDecoder(role: .client, messageBytesMax: messageBytesMax)
    private var input: [UInt8] = []
    private var random = RandomSource()

    /// - Parameters:
    ///   - target: of the request line, where it is not the endpoint's own.
    ///   - headers: further lines of the head, each with its end.
    init(endpoint: Endpoint, target: String? = nil, headers: String = "") {
        var nonce: [UInt8] = []
        for _ in 0..<2 { nonce.append(hex: random.next(), digits: 8) }
        let key = Base64.encode(nonce)
        let accept = Base64.encode(SHA1.digest(UpgradeRequest.acceptInput(key: Array(key.utf8))))
        phase = .handshake(ResponseHeadParser(limits: HTTPLimits()), accept: accept)
        output.append(
            utf8: """
                GET \(target ?? endpoint.target) HTTP/1.1\r\nHost: \(endpoint.host):\(endpoint.port)\r\n\
                Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: \(key)\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: \(Self.subprotocol)\r\n\(headers)\r\n
                """)
    }

    var isOpen: Bool { if case .open = phase { true } else { false } }
    var isClosed: Bool { if case .closed = phase { true } else { false } }

    mutating func sent(_ count: Int) { output.removeFirst(count) }

    /// Once it is open.
    mutating func send(event: [UInt8]) {
        if isOpen { send(.text, event) }
    }

    /// Says goodbye; it is closed when the server has done so too.
    mutating func close(_ code: CloseCode = .normal) {
        guard isOpen else { return }
        FrameEncoder.appendClose(code, reason: "", mask: mask(), to: &output)
        phase = .closing
    }

    private mutating func send(_ opcode: Opcode, _ payload: [UInt8]) {
        let mask = mask()
        payload.withUnsafeBytes { FrameEncoder.append(opcode, payload: $0, mask: mask, to: &output) }
    }

    private mutating func mask() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }

    // MARK: Bytes from the server

    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> [SocketEvent] {
        input.append(bytes: bytes)
        var events: [SocketEvent] = []
        if case .handshake = phase { receiveHandshake(&events) }
        if case .refused(let refusal, let bodyBytes) = phase, input.count >= bodyBytes { end(refusal, &events) }
        while isOpen || isClosing, receiveMessage(&events) {}
        return events
    }

    /// There are no more bytes. - Returns: what was waiting for them.
    mutating func receiveEnd() -> [SocketEvent] {
        var events: [SocketEvent] = []
        if case .refused(let refusal, _) = phase { end(refusal, &events) }
        phase = .closed
        return events
    }

    private var isClosing: Bool { if case .closing = phase { true } else { false } }

    private mutating func receiveHandshake(_ events: inout [SocketEvent]) {
        guard case .handshake(var parser, let accept) = phase else { return }
        var consumed = 0
        do {
            let head = try input.withBytes { bytes throws(HTTPParseError) in
                try parser.next(bytes, consumed: &consumed)
            }
            guard let head else {
                phase = .handshake(parser, accept: accept)
                return
            }
            input.removeFirst(consumed)
            guard head.status == 101 else {
                let bodyBytes = head.headers.first("content-length").flatMap { Int($0) } ?? 0
                phase = .refused(HandshakeRefusal(head), bodyBytes: min(bodyBytes, Self.bodyBytesMax))
                return
            }
            if try UpgradeAnswer.check(head, expectedAccept: accept, offered: [Self.subprotocol]) != nil {
                phase = .open
            } else {
                fail("the server does not speak the subprotocol \(Self.subprotocol)", &events)
            }
        } catch { fail("the server's answer to the handshake is wrong: \(error)", &events) }
    }

    private mutating func end(_ refusal: HandshakeRefusal, _ events: inout [SocketEvent]) {
        var refusal = refusal
        refusal.read(body: input)
        phase = .closed
        events.append(.refused(refusal))
    }

    private mutating func fail(_ why: String, _ events: inout [SocketEvent]) {
        close(.protocolError)
        phase = .closed
        events.append(.failed(why))
    }

    /// - Returns: false if more bytes are needed.
    private mutating func receiveMessage(_ events: inout [SocketEvent]) -> Bool {
        var consumed = 0
        var message: [UInt8]?
        do {
            let event = try input.withUnsafeMutableBytes { try decoder.next($0, consumed: &consumed) }
            switch event {
            case .needMoreData:
                input.removeFirst(min(consumed, input.count))
                return false
            case .text(let text): message = Array(text)
            case .ping(let payload): if isOpen { send(.pong, Array(payload)) }
            case .close(let code, let reason):
                events.append(.closed(code: code?.rawValue, reason: reason.text))
                if isOpen { FrameEncoder.appendClose(code, reason: "", mask: mask(), to: &output) }
                phase = .closed
            case .binary, .pong: break
            }
        } catch { fail("the server broke the WebSocket protocol: \(error)", &events) }
        input.removeFirst(min(consumed, input.count))
        // After our goodbye nothing is of interest but the server's.
        guard let message, isOpen else { return true }
        if let event = try? Event(parsing: message) {
            events.append(.event(event))
        } else {
            fail("the server sent something that is no event", &events)
        }
        return true
    }
}
