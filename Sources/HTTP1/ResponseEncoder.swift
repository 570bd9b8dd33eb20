import Core

/// Responses as bytes (RFC 9112 §4).
///
/// Header values may come from a remote: a control character in one is written as a blank, so that no value can end its
/// line.
public enum ResponseEncoder {
    /// A whole response: status line, headers, `Content-Length`, body. Statuses that have no body (1xx, 204, 304) get
    /// neither.
    /// - Parameters:
    ///   - body: nil in the answer to a HEAD: nobody knows how long it would be, and no length is told (RFC 9110 §8.6).
    ///   - keepAlive: if not, `Connection: close` is added.
    ///   - isHead: the answer to a HEAD: the same head, and no body.
    ///   - isHTTP11: of the request. To 1.0 keeping the connection is said, as it is not the default there.
    public static func append(
        status: Int, headers: [(name: StaticString, value: String)], body: UnsafeRawBufferPointer?, keepAlive: Bool,
        isHead: Bool = false, isHTTP11: Bool = true, to bytes: inout [UInt8]
    ) {
        appendStart(status, headers, to: &bytes)
        if !keepAlive {
            bytes.append("Connection: close\r\n")
        } else if !isHTTP11 {
            bytes.append("Connection: keep-alive\r\n")
        }
        let canHaveBody = status >= 200 && status != 204 && status != 304
        if canHaveBody, body != nil || !isHead {
            bytes.append("Content-Length: ")
            bytes.append(decimal: UInt64(body?.count ?? 0))
            bytes.append("\r\n")
        }
        bytes.append("\r\n")
        if let body, canHaveBody, !isHead { bytes.append(bytes: body) }
    }

    /// A head whose body follows in chunks, until `appendLastChunk`. Only for HTTP/1.1 requests.
    public static func appendChunkedHead(
        status: Int, headers: [(name: StaticString, value: String)], keepAlive: Bool, to bytes: inout [UInt8]
    ) {
        appendStart(status, headers, to: &bytes)
        if !keepAlive { bytes.append("Connection: close\r\n") }
        bytes.append("Transfer-Encoding: chunked\r\n\r\n")
    }

    /// An empty chunk would end the body, so it is left out.
    public static func appendChunk(_ chunk: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        guard !chunk.isEmpty else { return }
        var digits = 1
        while chunk.count >> (digits * 4) > 0 { digits += 1 }
        bytes.append(hex: UInt64(chunk.count), digits: digits)
        bytes.append("\r\n")
        bytes.append(bytes: chunk)
        bytes.append("\r\n")
    }

    public static func appendLastChunk(to bytes: inout [UInt8]) { bytes.append("0\r\n\r\n") }

    private static func appendStart(
        _ status: Int, _ headers: [(name: StaticString, value: String)], to bytes: inout [UInt8]
    ) {
        bytes.append("HTTP/1.1 ")
        bytes.append(decimal: UInt64(clamping: status), width: 3)
        bytes.append(0x20)
        bytes.append(reason(status))
        bytes.append("\r\n")
        for header in headers {
            bytes.append(header.name)
            bytes.append(": ")
            appendValue(header.value, to: &bytes)
            bytes.append("\r\n")
        }
    }

    private static func appendValue(_ value: String, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(utf8: value)
        for at in start..<bytes.count where !CharacterClass.isFieldValue(bytes[at]) { bytes[at] = 0x20 }
    }

    /// The reason phrase of the statuses that the tiers answer with, and of their neighbours.
    public static func reason(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 202: "Accepted"
        case 201: "Created"
        case 204: "No Content"
        case 207: "Multi-Status"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Unknown"
        }
    }
}
