import JSON
import TestSupport

/// What a connection is told first: which session it has, and what could be done about it.
struct OpenedSession {
    let correlationID: String
    let token: String
    let isResumed: Bool
    let isRecovered: Bool
    let sequence: Int
    let first: Int?
    let data: JSONValue

    init?(_ event: JSONValue?) {
        guard let event, event["type"]?.string == "switchboard.session.opened", let data = event["data"],
            let id = data["correlationid"]?.string, event["correlationid"]?.string == id,
            let token = data["resumetoken"]?.string, token.utf8.count == 64,
            let sequence = data["sequence"]?.string, sequence.utf8.count == 16, let number = Int(sequence)
        else { return nil }
        correlationID = id
        self.token = token
        isResumed = data["resumed"] == .bool(true)
        isRecovered = data["recovered"] == .bool(true)
        self.sequence = number
        first = data["first"]?.string.flatMap { Int($0) }
        self.data = data
    }

    /// - Parameter after: the last sequence that the client has.
    func query(after: Int? = nil) -> String {
        "correlationid=\(correlationID)&resume=\(token)" + (after.map { "&after=\($0)" } ?? "")
    }

    /// An event for the session as a service sends it. - Parameters:
    ///   - cause: the id of what it answers; nil for a push.
    ///   - url: of the internal listener.
    func event(_ id: String, answering cause: String? = nil, data: String = "null", url: String) -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/service","type":"Said","correlationid":"\#(correlationID)","#
            + (cause.map { #""causationid":"\#($0)","# } ?? "")
            + #""returnaddress":"\#(token.prefix(32))..\#(url)","data":\#(data)}"#
    }
}

extension TestTiers {
    /// Gives events to public-web as the dispatcher does. - Returns: the status of each that was not taken, by position.
    func dispatch(_ events: [String]) throws -> [Int: Int] {
        let response = try ask(
            "POST /dispatch HTTP/1.1\r\nContent-Type: application/cloudevents-batch+json\r\n",
            body: "[" + events.joined(separator: ",") + "]", port: internalPort)
        guard response.status == 200, case .array(let failures) = try JSONValue.parse(Array(response.body.utf8)) else {
            throw RawSocket.Failure(description: "\(response)")
        }
        var statuses: [Int: Int] = [:]
        for failure in failures {
            statuses[failure["index"]?.integer ?? -1] = failure["problem"]?["status"]?.integer ?? 0
        }
        return statuses
    }

    /// Pushes `p1`, `p2` and so on to a session, each in a request of its own: to whichever loop takes it.
    func push(_ numbers: ClosedRange<Int>, to session: OpenedSession, data: String = "null") throws {
        for number in numbers {
            let refused = try dispatch([session.event("p\(number)", data: data, url: web.internalURL)])
            guard refused.isEmpty else { throw RawSocket.Failure(description: "p\(number): \(refused)") }
        }
    }

    /// Answers an event of a session, with data. - Returns: the status if it is not taken.
    func answer(_ cause: String, of session: OpenedSession, data: String = "null") throws -> Int? {
        try dispatch([
            session.event("answer-\(cause)", answering: cause, data: data, url: web.internalURL)
        ])[0]
    }

    /// Opens a session, or a connection to one, over a WebSocket.
    func open(_ query: String = "", receiveBytes: CInt? = nil) throws -> (peer: WebSocketPeer, session: OpenedSession) {
        let peer = try WebSocketPeer(
            port: publicPort, target: query.isEmpty ? "/ws" : "/ws?" + query, receiveBytes: receiveBytes)
        guard let session = OpenedSession(peer.nextEvent()) else {
            throw RawSocket.Failure(description: "no session.opened")
        }
        return (peer, session)
    }

    /// What a handshake is refused with.
    func refusal(_ query: String) throws -> RawResponse {
        try ask(
            "GET /ws?\(query) HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
    }

    /// What the internal listener says of a session; nil if it is not there.
    func shown(_ session: OpenedSession) throws -> JSONValue? {
        let response = try ask("GET /sessions/\(session.correlationID) HTTP/1.1\r\n", port: internalPort)
        return response.status == 200 ? try JSONValue.parse(Array(response.body.utf8)) : nil
    }

    /// Waits until the session has no connection any more.
    func awaitDetached(_ session: OpenedSession) throws -> Bool {
        try Polling.until { try shown(session)?["state"]?.string == "detached" }
    }

    /// Whether nothing is left that a session held.
    func isEmptied() throws -> Bool {
        try Polling.until {
            try [
                "switchboard_sessions_attached", "switchboard_sessions_detached", "switchboard_replay_bytes",
                "switchboard_events_pending",
            ].allSatisfy { try metric($0) == 0 }
        }
    }
}

extension WebSocketPeer {
    func control(_ type: String, data: String = "null") {
        send(#"{"specversion":"1.0","id":"c","source":"/t","type":"switchboard.session.\#(type)","data":\#(data)}"#)
    }

    func request(_ id: String, type: String = "PingRequest", data: String = "null") {
        send(#"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"\#(type)","data":\#(data)}"#)
    }

    /// The sequences and ids of the next events, as `1:p1`.
    func numbered(_ count: Int) -> [String] {
        (0..<count).map { _ in
            let event = nextEvent()
            return "\(event?["sequence"]?.string.flatMap { Int($0) } ?? -1):\(event?["id"]?.string ?? "nothing")"
        }
    }

    /// Whether a ping is answered by nothing but its pong: nothing else was on the way.
    func isQuiet() -> Bool {
        send("quiet", .ping)
        return next() == "pong quiet"
    }
}
