import TestSupport

/// One request on a connection of its own.
enum HTTPCall {
    static func get(port: UInt16, _ path: String) throws -> RawResponse {
        try send(port: port, "GET \(path) HTTP/1.1\r\n")
    }

    static func post(port: UInt16, _ path: String, type: String? = nil, _ body: String = "") throws -> RawResponse {
        let header = type.map { "Content-Type: \($0)\r\n" } ?? ""
        return try send(port: port, "POST \(path) HTTP/1.1\r\n\(header)Content-Length: \(body.utf8.count)\r\n", body)
    }

    private static func send(port: UInt16, _ head: String, _ body: String = "") throws -> RawResponse {
        let socket = try RawSocket(port: port)
        socket.send(head + "Host: 127.0.0.1\r\n\r\n" + body)
        guard let response = RawResponse.read(socket, milliseconds: 40_000) else {
            throw RawSocket.Failure(description: "no answer to \(head)")
        }
        return response
    }
}
