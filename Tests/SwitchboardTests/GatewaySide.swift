import CloudEvents
import Core
import Testing
import WebSocket

@testable import switchboard

/// The gateway's side of a `ResumableSession`, by script and in virtual time.
struct GatewaySide {
    var session: ResumableSession
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    private var decoder = WebSocketDecoder(role: .server, messageBytesMax: 1 << 20)

    /// - Parameter random: of the waits; the greatest by default.
    init(
        endpoint: Endpoint = Endpoint(), reconnects: Bool = true,
        random: any RandomNumberGenerator = GreatestNumbers()
    ) {
        session = ResumableSession(
            endpoint: endpoint, reconnects: reconnects, timeoutMilliseconds: 5000,
            backoff: ReconnectBackoff(random: random))
    }

    /// With a session that is open. - Parameter data: what else `opened` says.
    static func open(
        endpoint: Endpoint = Endpoint(), reconnects: Bool = true, _ data: String = resumable,
        random: any RandomNumberGenerator = GreatestNumbers()
    ) throws -> GatewaySide {
        var side = GatewaySide(endpoint: endpoint, reconnects: reconnects, random: random)
        _ = try side.acceptSocket()
        #expect(side.say(opened(data)) == ["opened c1"])
        return side
    }

    static let resumable = #""resumetoken":"t 1","resumed":false,"recovered":false,"sequence":"0000000000000000""#

    static func resumed(_ sequence: UInt64, first: UInt64? = nil) -> String {
        opened(
            #""resumetoken":"t2","resumed":true,"recovered":\#(first == nil),"#
                + (first.map { #""first":"\#(SequenceTracker.format($0))","# } ?? "")
                + #""sequence":"\#(SequenceTracker.format(sequence))""#)
    }

    static func opened(_ data: String, session: String = "c1") -> String {
        #"{"specversion":"1.0","id":"o","source":"/g","type":"switchboard.session.opened","correlationid":"\#(session)","#
            + #""data":{"heartbeatseconds":25,\#(data)}}"#
    }

    static func event(_ type: String, _ sequence: UInt64?, answering id: String? = nil) -> String {
        #"{"specversion":"1.0","id":"e","source":"/l","type":"\#(type)""#
            + (sequence.map { #","sequence":"\#(SequenceTracker.format($0))""# } ?? "")
            + (id.map { #","causationid":"\#($0)""# } ?? "") + "}"
    }

    /// Connects when it is time, and answers the handshake. - Returns: the target that was asked for.
    mutating func acceptSocket() throws -> String {
        let request = connectSocket()
        let answer = try SessionClientTests.handshake(request)
        #expect(receive(answer) == [])
        return String(String(decoding: request, as: UTF8.self).split(separator: " ")[1])
    }

    /// - Returns: the handshake.
    mutating func connectSocket() -> [UInt8] {
        session.connecting()
        session.connected(now: now)
        decoder = WebSocketDecoder(role: .server, messageBytesMax: 1 << 20)
        defer { session.sent(session.output.count) }
        return session.output
    }

    mutating func say(_ texts: String...) -> [String] { receive(texts.flatMap { SessionClientTests.frame($0) }) }

    mutating func close(_ code: UInt16, _ reason: String = "") -> [String] {
        receive(SessionClientTests.close(CloseCode(rawValue: code), reason))
    }

    mutating func receive(_ bytes: [UInt8]) -> [String] {
        bytes.withUnsafeBytes { session.receive($0, now: now) }.map(Self.describe)
    }

    mutating func breakSocket() -> [String] { session.socketEnded(nil, now: now).map(Self.describe) }

    /// Lets time pass in one go.
    mutating func pass(milliseconds: UInt64) -> [String] {
        now = now.advanced(byMilliseconds: milliseconds)
        return session.advance(now: now).map(Self.describe)
    }

    mutating func request(_ type: String) throws -> String {
        try session.request(type: type, data: nil, now: now, wallNanoseconds: now.nanoseconds)
    }

    /// What the client has sent since: types of events with their ids, acknowledged sequences, control frames.
    mutating func heard() throws -> [String] {
        var bytes = session.output
        session.sent(bytes.count)
        var heard: [String] = []
        while true {
            var consumed = 0
            let frame = try bytes.withUnsafeMutableBytes { bytes -> String? in
                switch try decoder.next(bytes, consumed: &consumed) {
                case .needMoreData: return nil
                case .text(let text): return try Self.describe(Event(parsing: Array(text)))
                case .close(let code, _): return "close \(code.map { "\($0.rawValue)" } ?? "-")"
                case .pong: return "pong"
                case .ping: return "ping"
                case .binary: return "binary"
                }
            }
            bytes.removeFirst(consumed)
            guard let frame else { return heard }
            heard.append(frame)
        }
    }

    private static func describe(_ event: Event) throws -> String {
        switch event.type {
        case "switchboard.session.ack": "ack " + String(decoding: event.data ?? [], as: UTF8.self)
        case "switchboard.session.close": "end"
        default: "\(event.type) \(event.id)"
        }
    }

    static func describe(_ event: LinkEvent) -> String {
        switch event {
        case .opened(let event): "opened \(event.correlationID ?? "")"
        case .answer(let answer): "answer \(answer.event.type) \(answer.id)"
        case .problem(let id, let problem): "problem \(id ?? "of nobody's"): \(problem)"
        case .push(let event): "push \(event.type)"
        case .lost(let why, let milliseconds): "lost \(why), \(milliseconds)"
        case .retrying(let why, let milliseconds): "retrying \(why), \(milliseconds)"
        case .resumed(let resumption):
            "resumed \(resumption.isRecovered) +\(resumption.recovered) -\(resumption.missing) ?\(resumption.pending)"
        case .renewed(let event, let former, _): "renewed \(former) by \(event.correlationID ?? "")"
        case .gap(let missing): "gap \(missing.lowerBound) to \(missing.upperBound)"
        case .ended(let why): "ended \(why)"
        }
    }
}

/// Makes every range's greatest number be chosen.
struct GreatestNumbers: RandomNumberGenerator {
    mutating func next() -> UInt64 { .max }
}
