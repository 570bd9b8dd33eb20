import Core
import HTTP1
import TestSupport
import Testing

struct RequestParserTests {
    @Test(arguments: AcceptedRequests.all)
    func acceptsRequests(_ given: RequestCase) {
        for cutting in Cutting.all {
            #expect(RequestTranscript.of(given.bytes, cutting) == given.transcript, "\(cutting)")
        }
    }

    /// What follows a whole request belongs to the next one.
    @Test(arguments: AcceptedRequests.all.filter { $0.transcript.last == "idle" })
    func leavesTrailingBytesToTheNextRequest(_ given: RequestCase) {
        let next = Array("GET /next HTTP/1.0\r\n\r\nGET".utf8)
        let expected = Array(given.transcript.dropLast()) + ["GET /next 1.0 close empty", "end", "waiting 3"]
        for cutting in Cutting.all {
            #expect(RequestTranscript.of(given.bytes + next, cutting) == expected, "\(cutting)")
        }
    }

    @Test(arguments: RefusedRequests.all)
    func refusesRequests(_ given: RequestCase) {
        for cutting in Cutting.all {
            #expect(RequestTranscript.of(given.bytes, cutting) == given.transcript, "\(cutting)")
            let trailing = given.bytes + Array("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            #expect(RequestTranscript.of(trailing, cutting) == given.transcript, "with trailing bytes, \(cutting)")
        }
    }

    @Test
    func failsForEverAfterAnError() {
        var parser = RequestParser(limits: HTTPLimits())
        for input in ["{", "GET / HTTP/1.0\r\n\r\n", ""] {
            var consumed = 0
            #expect(throws: HTTPParseError.badRequestLine) {
                try Array(input.utf8).withUnsafeBytes { _ = try parser.next($0, consumed: &consumed) }
            }
            #expect(consumed == 0)
        }
    }

    @Test(arguments: [
        (" /" + String(repeating: "a", count: 32 - 14), ["GET", "end", "idle"]),
        (" /" + String(repeating: "a", count: 33 - 14), ["error targetTooLong"]),
    ])
    func limitsTheRequestLine(_ target: String, _ expected: [String]) {
        let limits = HTTPLimits(requestLineBytesMax: 32)
        let input = "GET\(target) HTTP/1.1\r\nHost: a\r\n\r\n"
        check(input, limits, expected)
    }

    @Test
    func limitsARequestLineThatNeverEnds() {
        check(String(repeating: "A", count: 34), HTTPLimits(requestLineBytesMax: 32), ["error targetTooLong"])
        check(String(repeating: "A", count: 33), HTTPLimits(requestLineBytesMax: 32), ["waiting 33"])
    }

    /// `Host: a` and its line break are 9 bytes; the empty line at the end is not counted.
    @Test(arguments: [(32, ["GET", "end", "idle"]), (33, ["error headersTooLarge"])])
    func limitsAllHeaders(_ bytes: Int, _ expected: [String]) {
        let value = String(repeating: "x", count: bytes - 9 - 4)
        check("GET / HTTP/1.1\r\nHost: a\r\nA:\(value)\r\n\r\n", HTTPLimits(headerBytesMax: 32), expected)
        check(
            "GET / HTTP/1.1\r\nHost: a\r\nA:\(value)\r\n", HTTPLimits(headerBytesMax: 32),
            bytes == 32 ? ["waiting"] : expected)
    }

    @Test(arguments: [(5, ["GET", "end", "idle"]), (6, ["error tooManyHeaders"])])
    func limitsTheHeaderCount(_ count: Int, _ expected: [String]) {
        let others = String(repeating: "A: b\r\n", count: count - 1)
        check("GET / HTTP/1.1\r\nHost: a\r\n\(others)\r\n", HTTPLimits(headerCountMax: 5), expected)
    }

    @Test
    func limitsTheBody() {
        let limits = HTTPLimits(bodyBytesMax: 4)
        let head = "POST / HTTP/1.1\r\nHost: a\r\n"
        check(head + "Content-Length: 4\r\n\r\nabcd", limits, ["POST", "body abcd", "end", "idle"])
        check(head + "Content-Length: 5\r\n\r\n", limits, ["error bodyTooLarge"])
        let chunked = head + "Transfer-Encoding: chunked\r\n\r\n"
        check(chunked + "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", limits, ["POST", "body abcd", "end", "idle"])
        check(chunked + "2\r\nab\r\n3\r\n", limits, ["POST", "body ab", "error bodyTooLarge"])
    }

    @Test
    func limitsExtensionsOfManyChunks() {
        let chunk = "1;\(String(repeating: "x", count: 250))\r\na\r\n"
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let body = "body " + String(repeating: "a", count: 16)
        check(head + String(repeating: chunk, count: 17), HTTPLimits(), ["POST", body, "error chunkExtensionTooLong"])
    }

    @Test(arguments: [0, -1, Int.min, Int.max])
    func survivesAbsurdLimits(_ limit: Int) {
        let limits = HTTPLimits(
            requestLineBytesMax: limit, headerBytesMax: limit, headerCountMax: limit, bodyBytesMax: limit)
        for given in AcceptedRequests.all + RefusedRequests.all {
            let whole = RequestTranscript.of(given.bytes, .whole, limits: limits)
            let isLimited = ["error bodyTooLarge", "error trailersTooLong"].contains { given.transcript.contains($0) }
            if limit == .max, !isLimited { #expect(whole == given.transcript) }
            if limit <= 0 { #expect(!whole.contains("end")) }
        }
    }

    /// Each expected line is the beginning of the one said.
    private func check(_ input: String, _ limits: HTTPLimits, _ expected: [String]) {
        for cutting in Cutting.all {
            let said = RequestTranscript.of(Array(input.utf8), cutting, limits: limits)
            #expect(
                said.count == expected.count && zip(said, expected).allSatisfy { $0.hasPrefix($1) },
                "\(said), \(cutting)")
        }
    }
}
