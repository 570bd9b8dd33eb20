import JSON
import TestSupport

/// A client that knows its session: its name, its token, and what it has seen.
final class SessionPeer {
    let socket: WebSocketPeer
    let opened: JSONValue
    private(set) var last = 0

    /// - Parameters:
    ///   - query: of the connection's URL, with its `?`.
    ///   - headers: lines that end in CRLF, besides the subprotocol's.
    init(_ tiers: TestTiers, _ query: String = "", headers: String = "", receiveBytes: CInt? = nil) throws {
        socket = try WebSocketPeer(
            port: tiers.publicPort, target: "/ws" + query, headers: WebSocketPeer.subprotocol + headers,
            receiveBytes: receiveBytes)
        guard let event = socket.nextEvent(), event["type"]?.string == "switchboard.session.opened",
            let data = event["data"]
        else { throw RawSocket.Failure(description: "no session") }
        opened = data
    }

    var name: String { opened["correlationid"]?.string ?? "" }
    var token: String { opened["resumetoken"]?.string ?? "" }
    var isResumed: Bool { opened["resumed"] == .bool(true) }
    var isRecovered: Bool { opened["recovered"] == .bool(true) }
    var first: String? { opened["first"]?.string }

    func query(after: Int?) -> String { "?resume=\(token)" + (after.map { "&after=\($0)" } ?? "") }

    static func ping(_ id: String, data: String = "1") -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"PingRequest","data":\#(data)}"#
    }

    func ping(_ id: String, data: String = "1") { socket.send(Self.ping(id, data: data)) }

    func acknowledge(_ sequence: String) {
        socket.send(
            #"{"specversion":"1.0","id":"k","source":"/t","type":"switchboard.session.ack","data":{"sequence":\#(sequence)}}"#
        )
    }

    /// The next event as `SEQUENCE type of CAUSE`; nil if none comes.
    func next() -> String? {
        guard let event = socket.nextEvent() else { return nil }
        last = event["sequence"]?.string.flatMap { Int($0) } ?? -1
        return "\(last) \(event["type"]?.string ?? "") of \(event["causationid"]?.string ?? "nothing")"
    }

    func next(_ count: Int) -> [String] { (0..<count).compactMap { _ in next() } }

    /// Pings `1` to `count`, one after the other, so that their answers come in that order.
    func exchange(_ count: Int) -> [String] {
        (1...count).compactMap { id in
            ping("\(id)")
            return next()
        }
    }

    /// Without a word, as a network does.
    func vanish() {
        socket.socket.resetOnClose()
        socket.socket.close()
    }
}

extension SessionPeer {
    /// What the gateway says of the session.
    func state(_ tiers: TestTiers) throws -> JSONValue {
        let response = try tiers.ask("GET /sessions/\(name) HTTP/1.1\r\n", port: tiers.internalPort)
        return try JSONValue.parse(Array(response.body.utf8))
    }

    /// Where answers to the session go: as in its token, which names the instance and the place.
    func returnAddress(_ tiers: TestTiers) throws -> String { "\(token.prefix(32))..\(tiers.web.internalURL)" }
}

extension TestTiers {
    func upgrade(_ query: String = "", headers: String = "") throws -> RawResponse {
        try ask(
            "GET /ws\(query) HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(headers)")
    }

    func dispatch(_ event: String) throws -> RawResponse {
        try ask(
            "POST /dispatch HTTP/1.1\r\nContent-Type: application/cloudevents-batch+json\r\n", body: "[\(event)]",
            port: internalPort)
    }
}
