import JSON
import TestSupport

/// A client of a session's Server-Sent Events.
final class EventStreamPeer {
    let socket: RawSocket
    let head: String

    /// - Parameters:
    ///   - path: with its query.
    ///   - headers: lines that end in CRLF.
    init(_ tiers: TestTiers, _ path: String, headers: String = "") throws {
        socket = try RawSocket(port: tiers.publicPort)
        socket.send("GET \(path) HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n\(headers)\r\n")
        guard let head = Self.block(socket, until: "\r\n\r\n"), head.hasPrefix("HTTP/1.1 200 ") else {
            throw RawSocket.Failure(description: "no event stream: \(socket.text)")
        }
        self.head = head
    }

    private static func block(_ socket: RawSocket, until end: String, milliseconds: CInt = 10_000) -> String? {
        let end = Array(end.utf8)
        func length(_ bytes: [UInt8]) -> Int? {
            guard bytes.count >= end.count else { return nil }
            return (0...bytes.count - end.count).first { bytes[$0..<$0 + end.count].elementsEqual(end) }
        }
        guard socket.read(milliseconds: milliseconds, until: { length($0) != nil }),
            let count = length(socket.received)
        else { return nil }
        let text = String(decoding: socket.take(count), as: UTF8.self)
        _ = socket.take(end.count)
        return text
    }

    /// The lines of the next block, comments too; nil if none comes.
    func nextBlock(milliseconds: CInt = 10_000) -> [String]? {
        Self.block(socket, until: "\n\n", milliseconds: milliseconds)?.split(separator: "\n").map(String.init)
    }

    /// The next event's id, and the event.
    func next() -> (id: String?, event: JSONValue)? {
        guard let lines = nextBlock() else { return nil }
        let data = lines.filter { $0.hasPrefix("data: ") }.map { $0.dropFirst(6) }.joined(separator: "\n")
        guard let event = try? JSONValue.parse(Array(data.utf8)) else { return nil }
        return (lines.first { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) }, event)
    }
}
