import Core

/// Makes a request head of its bytes.
enum RequestHeadParser {
    /// - Parameters:
    ///   - head: from the request line to the empty line, all lines ending in CR LF.
    ///   - firstLineBytes: with its CR LF.
    static func parse(
        _ head: UnsafeRawBufferPointer, firstLineBytes: Int
    ) throws(HTTPParseError) -> RequestHead {
        let line = try RequestLine(head.slice(0..<firstLineBytes - 2))
        let target = try RequestTarget(line, in: head)
        let fields = try FieldParser.parse(head, from: firstLineBytes)
        let framing = try Framing(fields, in: head, isHTTP11: line.isHTTP11)
        return RequestHead(line, target, framing, HeaderFields(head: Array(head), fields: fields))
    }
}
