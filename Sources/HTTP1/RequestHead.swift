import Core

/// A request without its body (RFC 9112 §3).
public struct RequestHead: Sendable {
    public let method: HTTPMethod
    /// Whether the request is of HTTP/1.1, or a later 1.x, which is treated alike.
    public let isHTTP11: Bool
    public let headers: HeaderFields
    /// Whether the client wants the connection to go on after the answer.
    public let keepAlive: Bool
    /// Whether the client waits for a `100 Continue` before it sends the body.
    public let expectsContinue: Bool
    /// Nil if there is no such header.
    public let contentLength: Int?
    public let isChunked: Bool
    private let targetRange: Range<Int32>
    private let pathRange: Range<Int32>
    private let queryRange: Range<Int32>?
    private let authorityRange: Range<Int32>?

    init(_ line: RequestLine, _ target: RequestTarget, _ framing: Framing, _ headers: HeaderFields) {
        method = line.method
        isHTTP11 = line.isHTTP11
        self.headers = headers
        keepAlive = framing.keepsAlive(isHTTP11: line.isHTTP11)
        contentLength = framing.contentLength
        isChunked = framing.isChunked
        let hasBody = framing.isChunked || (framing.contentLength ?? 0) > 0
        expectsContinue = framing.expectsContinue && line.isHTTP11 && hasBody
        targetRange = Self.narrow(line.target)
        pathRange = Self.narrow(target.path)
        queryRange = target.query.map(Self.narrow)
        authorityRange = target.authority.map(Self.narrow)
    }

    public var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    /// As received.
    public var target: String { headers.withHead(targetRange) { $0.text } }

    /// Of the target, not decoded, never empty; `*` for the asterisk form, the whole target of a CONNECT.
    public var path: String { withPath { $0.text } }

    /// The path without a `String` made of it. The memory is valid only during the call.
    public func withPath<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard pathRange.isEmpty else { return headers.withHead(pathRange, body) }
        let path: StaticString = method == .options && queryRange == nil ? "*" : "/"
        return body(UnsafeRawBufferPointer(start: path.utf8Start, count: 1))
    }

    /// What stands behind the first `?`, not decoded.
    public var query: String? { queryRange.map { headers.withHead($0) { $0.text } } }

    /// The authority of an absolute target, else the Host header (RFC 9112 §3.2.2).
    public var host: String? {
        authorityRange.map { headers.withHead($0) { $0.text } } ?? headers.first("host")
    }

    /// The first query item of that name, with `+` and percent escapes decoded; empty if it has no `=`. Nil if there is
    /// none, or if it is malformed.
    public func queryItem(_ name: String) -> String? {
        guard let queryRange else { return nil }
        return headers.withHead(queryRange) { QueryItems.first(name, in: $0) }
    }

    /// Whether every item of the query can be decoded.
    public var isQueryWellFormed: Bool {
        guard let queryRange else { return true }
        return headers.withHead(queryRange) { QueryItems.areWellFormed($0) }
    }

    private static func narrow(_ range: Range<Int>) -> Range<Int32> {
        Int32(truncatingIfNeeded: range.lowerBound)..<Int32(truncatingIfNeeded: range.upperBound)
    }
}
