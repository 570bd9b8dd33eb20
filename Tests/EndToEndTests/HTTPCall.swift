import TestSupport

/// One request on a connection of its own.
struct HTTPCall {
    private let socket: RawSocket
    private let head: String

    /// Sends the request, and does not wait for its answer.
    /// - Parameter headers: lines without their ends.
    init(port: UInt16, _ requestLine: String, headers: [String] = [], body: String = "") throws {
        head = requestLine
        socket = try RawSocket(port: port)
        let lines = ["\(requestLine) HTTP/1.1", "Host: 127.0.0.1"] + headers + ["Content-Length: \(body.utf8.count)"]
        socket.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    func answer() throws -> RawResponse {
        guard let response = RawResponse.read(socket, milliseconds: 40_000) else {
            throw RawSocket.Failure(description: "no answer to \(head)")
        }
        return response
    }

    var isAnswered: Bool { socket.read(milliseconds: 1) { !$0.isEmpty } }

    static func get(port: UInt16, _ path: String) throws -> RawResponse {
        try HTTPCall(port: port, "GET \(path)").answer()
    }

    static func post(
        port: UInt16, _ path: String, headers: [String] = [], _ body: String = ""
    ) throws -> RawResponse {
        try HTTPCall(port: port, "POST \(path)", headers: headers, body: body).answer()
    }
}
