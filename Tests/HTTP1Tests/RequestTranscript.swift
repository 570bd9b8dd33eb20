import Core
import HTTP1
import TestSupport

/// What a parser says of an input, as text: the same however the input is cut.
enum RequestTranscript {
    static func of(_ input: [UInt8], _ cutting: Cutting, limits: HTTPLimits = HTTPLimits()) -> [String] {
        var parser = RequestParser(limits: limits)
        var lines: [String] = []
        var body: [UInt8]?
        var hasFailed = false
        func flushBody() {
            if let whole = body { lines.append("body " + String(decoding: whole, as: UTF8.self)) }
            body = nil
        }
        let rest = DripFeed.run(input, cutting) { bytes in
            if hasFailed { return (0, false) }
            var consumed = 0
            do throws(HTTPParseError) {
                switch try parser.next(UnsafeRawBufferPointer(bytes), consumed: &consumed) {
                case .needMoreData: return (consumed, false)
                case .head(let head): lines.append(describe(head))
                case .body(let piece): body = (body ?? []) + piece
                case .end:
                    flushBody()
                    lines.append("end")
                }
            } catch {
                flushBody()
                lines.append("error \(error)")
                hasFailed = true
                return (consumed, false)
            }
            return (consumed, true)
        }
        flushBody()
        if !hasFailed { lines.append(parser.isBetweenRequests ? "idle" : "waiting \(rest.count)") }
        return lines
    }

    private static func describe(_ head: RequestHead) -> String {
        var words = [head.method.text, head.path]
        if let query = head.query { words.append("?" + query) }
        if let host = head.host { words.append("host=" + host) }
        if !head.isHTTP11 { words.append("1.0") }
        if !head.keepAlive { words.append("close") }
        if head.expectsContinue { words.append("expects") }
        if let length = head.contentLength { words.append("length=\(length)") }
        if head.isChunked { words.append("chunked") }
        if !head.hasBody { words.append("empty") }
        return words.joined(separator: " ")
    }
}
