import Core

/// How long a request's body is (RFC 9112 §6). Anything that two parsers could read differently is refused.
struct Framing {
    let contentLength: Int?
    let isChunked: Bool

    static func of(_ headers: HeaderFields, isHTTP11: Bool) throws(HTTPParseError) -> Framing {
        var length: Int?
        for value in headers.all("content-length") {
            // A list of equal values is allowed by the RFC to be merged; refusing it is allowed too, and safer.
            guard length == nil else { throw .conflictingContentLength }
            length = try number(value)
        }
        let codings = headers.all("transfer-encoding")
        guard !codings.isEmpty else { return Framing(contentLength: length, isChunked: false) }
        guard isHTTP11 else { throw .transferEncodingInHTTP10 }
        guard length == nil else { throw .contentLengthWithTransferEncoding }
        guard codings.count == 1, codings[0].lowercased() == "chunked" else { throw .unknownTransferEncoding }
        return Framing(contentLength: nil, isChunked: true)
    }

    private static func number(_ text: String) throws(HTTPParseError) -> Int {
        if text.utf8.contains(0x2C) { throw .conflictingContentLength }
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int(text)
        else { throw .badContentLength }
        return value
    }
}
