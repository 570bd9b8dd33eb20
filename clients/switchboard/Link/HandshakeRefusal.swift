import HTTP1
import JSON

/// An answer to a handshake that is not 101.
struct HandshakeRefusal: Equatable {
    let status: Int
    /// Of `Retry-After` in seconds; nil if it is absent, or a date.
    let retryAfterSeconds: UInt64?
    /// A problem's detail (RFC 9457).
    var detail: String?

    init(status: Int, retryAfterSeconds: UInt64? = nil, detail: String? = nil) {
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
        self.detail = detail
    }

    init(_ head: ResponseHead) {
        self.init(status: head.status, retryAfterSeconds: head.headers.first("retry-after").flatMap { UInt64($0) })
    }

    mutating func read(body: [UInt8]) { detail = (try? JSONValue.parse(body))?["detail"]?.string }

    var text: String {
        "the server refused the WebSocket with status \(status)" + (detail.map { ": \(Printable.text($0))" } ?? "")
    }
}
