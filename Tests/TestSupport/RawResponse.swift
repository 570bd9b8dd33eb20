/// One HTTP response off a raw socket.
public struct RawResponse: Sendable, CustomStringConvertible {
    public let status: Int
    /// Names in lower case.
    public let headers: [(name: String, value: String)]
    public let body: String

    public var description: String { "\(status) \(headers) \(body)" }

    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// Reads one response with a Content-Length, or without a body. Nil if none comes.
    /// - Parameter isHead: its request was a HEAD, so there is no body.
    public static func read(_ socket: RawSocket, isHead: Bool = false, milliseconds: CInt = 10_000) -> RawResponse? {
        let end = Array("\r\n\r\n".utf8)
        func headLength(_ bytes: [UInt8]) -> Int? {
            guard bytes.count >= 4 else { return nil }
            return (0...bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual(end) }.map { $0 + 4 }
        }
        guard socket.read(milliseconds: milliseconds, until: { headLength($0) != nil }),
            let length = headLength(socket.received)
        else {
            return nil
        }
        let lines = String(decoding: socket.take(length), as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, let status = Int(first.split(separator: " ").dropFirst().first ?? "") else {
            return nil
        }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard let name = parts.first, parts.count == 2 else { return nil }
            return (name.lowercased(), String(parts[1].drop { $0 == " " }))
        }
        let bodyLength = headers.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
        guard !isHead, bodyLength > 0 else { return RawResponse(status: status, headers: headers, body: "") }
        guard socket.read(milliseconds: milliseconds, until: { $0.count >= bodyLength }) else { return nil }
        let body = String(decoding: socket.take(bodyLength), as: UTF8.self)
        return RawResponse(status: status, headers: headers, body: body)
    }
}
