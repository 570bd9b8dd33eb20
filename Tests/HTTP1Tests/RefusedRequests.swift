/// Requests that no server may let pass: each a framing attack, or plain wrong.
enum RefusedRequests {
    static let all: [RequestCase] = lines + targets + fields + hosts + lengths + codings + chunks

    private static func request(_ name: String, _ input: String, _ error: String) -> RequestCase {
        RequestCase(name, input, "error " + error)
    }

    /// A good head but for these header lines.
    private static func header(_ name: String, _ lines: String, _ error: String) -> RequestCase {
        request(name, "POST /p HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n", error)
    }

    private static func chunk(_ name: String, _ body: String, _ error: String, body said: String? = nil) -> RequestCase
    {
        let input = "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body
        guard let said else { return RequestCase(name, input, "POST /p host=a chunked", "error " + error) }
        return RequestCase(name, input, "POST /p host=a chunked", "body " + said, "error " + error)
    }

    private static let lines: [RequestCase] = [
        request("a blank first", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("TLS", "\u{16}\u{3}\u{1}", "badRequestLine"),
        request("five empty lines before", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("two blanks before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("a blank last", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "badRequestLine"),
        request("a tab", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("no version: HTTP/0.9", "GET /\r\n\r\n", "badRequestLine"),
        request("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("a method that is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("a method without end", String(repeating: "A", count: 33) + " / HTTP/1.1\r\n\r\n", "badRequestLine"),
        request("a lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("a version of one digit", "GET / HTTP/1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("a version of three digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("another protocol", "GET / HTTQ/1.1\r\nHost: a\r\n\r\n", "badRequestLine"),
        request("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "versionNotSupported"),
        request("HTTP/0.9, said", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", "versionNotSupported"),
        request("a bare LF", "GET / HTTP/1.1\nHost: a\n\n", "bareLineBreak"),
        request("a bare LF after a header", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "bareLineBreak"),
        request("a bare LF as the last line", "GET / HTTP/1.1\r\nHost: a\r\n\n", "bareLineBreak"),
        request("a bare LF before", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bareLineBreak"),
        request("a bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
    ]

    private static let targets: [RequestCase] = [
        request("a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("NUL", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("DEL", "GET /\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("beyond ASCII", "GET /ü HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("a relative path", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("absolute without a host", "GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("absolute with nothing", "GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("absolute with user information", "GET http://u@h/ HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("asterisk of another method", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("CONNECT to a path", "CONNECT /p HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("CONNECT without a port", "CONNECT h HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
        request("CONNECT to an empty port", "CONNECT h: HTTP/1.1\r\nHost: a\r\n\r\n", "badTarget"),
    ]

    private static let fields: [RequestCase] = [
        header("a folded line", "A: b\r\n c", "foldedHeader"),
        request("a folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "foldedHeader"),
        header("a blank before the colon", "Content-Length : 5", "badHeaderName"),
        header("a tab before the colon", "Content-Length\t: 5", "badHeaderName"),
        header("no name", ": b", "badHeaderName"),
        header("no colon", "abc", "badHeaderName"),
        header("a name that is no token", "A[]: b", "badHeaderName"),
        header("a name beyond ASCII", "Ä: b", "badHeaderName"),
        header("NUL in a name", "A\0: b", "badHeaderName"),
        header("NUL in a value", "A: b\0c", "badHeaderValue"),
        header("NUL deep in a value", "A: 0123456789abcdef\0", "badHeaderValue"),
        header("DEL in a value", "A: 0123456\u{7F}89", "badHeaderValue"),
        header("a control character in a value", "A: \u{1}", "badHeaderValue"),
        header("a vertical tab", "Transfer-Encoding: \u{B}chunked", "badHeaderValue"),
        header("a bare CR in a value", "A: b\rContent-Length: 3", "badHeaderValue"),
        header("two CR", "A: b\r\r\nC: d", "badHeaderValue"),
        header("another expectation", "Expect: 200-ok", "unknownExpectation"),
    ]

    private static let hosts: [RequestCase] = [
        request("no host", "GET / HTTP/1.1\r\n\r\n", "missingHost"),
        request("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "repeatedHost"),
        request("two hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "repeatedHost"),
        request("two hosts in one", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", "badHost"),
        request("a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "badHost"),
        request("a host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "badHost"),
        request("a host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "badHost"),
        request("a port that is no number", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "badHost"),
        request("a port too long", "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n", "badHost"),
        request("only a port", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "badHost"),
        request("an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "badHost"),
        request("empty brackets", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", "badHost"),
    ]

    private static let lengths: [RequestCase] = [
        header("a sign", "Content-Length: +5", "badContentLength"),
        header("a minus", "Content-Length: -5", "badContentLength"),
        header("hexadecimal", "Content-Length: 0x5", "badContentLength"),
        header("no digits", "Content-Length:", "badContentLength"),
        header("a fraction", "Content-Length: 5.0", "badContentLength"),
        header("a blank inside", "Content-Length: 1 2", "badContentLength"),
        header("beyond 64 bits", "Content-Length: 18446744073709551617", "badContentLength"),
        header("beyond 63 bits", "Content-Length: 9223372036854775808", "badContentLength"),
        header("two", "Content-Length: 5\r\nContent-Length: 6", "conflictingContentLength"),
        header("two that agree", "Content-Length: 5\r\nContent-Length: 5", "conflictingContentLength"),
        header("a list", "Content-Length: 5, 5", "conflictingContentLength"),
        header("over the limit", "Content-Length: 65537", "bodyTooLarge"),
        header("far over the limit", "Content-Length: 9223372036854775807", "bodyTooLarge"),
        header("with a coding", "Content-Length: 5\r\nTransfer-Encoding: chunked", "contentLengthWithTransferEncoding"),
        header(
            "zero, with a coding", "Transfer-Encoding: chunked\r\nContent-Length: 0",
            "contentLengthWithTransferEncoding"),
    ]

    private static let codings: [RequestCase] = [
        request(
            "HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "transferEncodingInHTTP10"),
        header("chunked not last", "Transfer-Encoding: chunked, gzip", "badTransferEncoding"),
        header(
            "chunked not last, in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
            "badTransferEncoding"),
        header("chunked twice", "Transfer-Encoding: chunked, chunked", "badTransferEncoding"),
        header(
            "chunked in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "badTransferEncoding"),
        header("none", "Transfer-Encoding:", "badTransferEncoding"),
        header("an empty one", "Transfer-Encoding: ,chunked", "badTransferEncoding"),
        header("gzip, then chunked", "Transfer-Encoding: gzip, chunked", "unknownTransferEncoding"),
        header("unknown", "Transfer-Encoding: xchunked", "unknownTransferEncoding"),
        header("identity", "Transfer-Encoding: identity", "unknownTransferEncoding"),
        header("with a parameter", "Transfer-Encoding: chunked;q=1", "unknownTransferEncoding"),
        header("in quotes", "Transfer-Encoding: \"chunked\"", "unknownTransferEncoding"),
    ]

    private static let chunks: [RequestCase] = [
        chunk("no size", "\r\nabc\r\n", "badChunk"),
        chunk("a blank first", " 3\r\nabc\r\n", "badChunk"),
        chunk("a blank last", "3 \r\nabc\r\n", "badChunk"),
        chunk("a sign", "+3\r\nabc\r\n", "badChunk"),
        chunk("a prefix", "0x3\r\nabc\r\n", "badChunk"),
        chunk("an underscore", "1_0\r\nabc\r\n", "badChunk"),
        chunk("a size beyond 64 bits", "10000000000000003\r\nabc\r\n", "badChunk"),
        chunk("a size of all bits", "FFFFFFFFFFFFFFFF\r\nabc\r\n", "badChunk"),
        chunk("a huge size", "FFFFFFFFFFFFFFF\r\nabc\r\n", "bodyTooLarge"),
        chunk("a bare LF after the size", "3\nabc\r\n", "bareLineBreak"),
        chunk("a bare CR in an extension", "3;a\rb\r\nabc\r\n", "badChunk"),
        chunk("NUL in an extension", "3;\0\r\nabc\r\n", "badChunk"),
        chunk("more than its size", "3\r\nabcd\r\n", "badChunk", body: "abc"),
        chunk("a bare LF after the data", "3\r\nabc\n0\r\n\r\n", "badChunk", body: "abc"),
        chunk("a bare CR after the data", "3\r\nabc\r0\r\n\r\n", "badChunk", body: "abc"),
        chunk("an extension too long", "3;\(String(repeating: "x", count: 255))\r\n", "chunkExtensionTooLong"),
        chunk("a size line without end", String(repeating: "0", count: 300), "chunkExtensionTooLong"),
        chunk(
            "over the limit", "10000\r\n\(String(repeating: "x", count: 65_536))\r\n1\r\n", "bodyTooLarge",
            body: String(repeating: "x", count: 65_536)),
        chunk("a bad trailer", "0\r\nA : b\r\n\r\n", "badHeaderName"),
        chunk("a folded trailer", "0\r\nA: b\r\n c\r\n\r\n", "foldedHeader"),
        chunk("a trailer too long", "0\r\nA: \(String(repeating: "x", count: 4094))\r\n\r\n", "trailersTooLong"),
        chunk("too many trailers", "0\r\n\(String(repeating: "A: b\r\n", count: 101))\r\n", "trailersTooLong"),
        chunk("a bare LF as the last line", "0\r\n\n", "bareLineBreak"),
    ]
}
