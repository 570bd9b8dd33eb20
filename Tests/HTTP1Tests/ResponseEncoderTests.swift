import Core
import HTTP1
import Testing

struct ResponseEncoderTests {
    private func encode(
        _ status: Int, _ headers: [(name: StaticString, value: String)] = [], body: String? = nil,
        keepAlive: Bool = true,
        isHead: Bool = false, isHTTP11: Bool = true
    ) -> String {
        var bytes: [UInt8] = []
        let body = body.map { Array($0.utf8) }
        if let body {
            body.withUnsafeBytes {
                ResponseEncoder.append(
                    status: status, headers: headers, body: $0, keepAlive: keepAlive, isHead: isHead,
                    isHTTP11: isHTTP11,
                    to: &bytes)
            }
        } else {
            ResponseEncoder.append(
                status: status, headers: headers, body: nil, keepAlive: keepAlive, isHead: isHead, isHTTP11: isHTTP11,
                to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test
    func writesWholeResponses() {
        #expect(encode(200, body: "ok") == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(encode(404) == "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        #expect(
            encode(405, [("Allow", "GET"), ("A", "b")], keepAlive: false)
                == "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nA: b\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
        #expect(encode(200, body: "ok", isHead: true) == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        #expect(
            encode(200, isHTTP11: false) == "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
    }

    @Test(arguments: [(100, "Continue"), (204, "No Content"), (304, "Not Modified")])
    func writesNoBodyWhereNoneMayBe(_ status: Int, _ reason: String) {
        #expect(encode(status, body: "x") == "HTTP/1.1 \(status) \(reason)\r\n\r\n")
    }

    @Test
    func keepsValuesOnTheirLine() throws {
        let text = encode(200, [("Location", "/a\r\nSet-Cookie: b\0c\td")])
        let parsed = try #require(try Parsed.response(Array(text.utf8)))
        #expect(parsed.head.headers.count == 2)
        #expect(parsed.head.headers.first("location") == "/a  Set-Cookie: b c\td")
    }

    @Test(arguments: [(0, ""), (1, "1\r\n"), (15, "f\r\n"), (16, "10\r\n"), (65_536, "10000\r\n")])
    func writesChunks(_ count: Int, _ size: String) {
        var bytes: [UInt8] = []
        let data = [UInt8](repeating: 0x61, count: count)
        data.withUnsafeBytes { ResponseEncoder.appendChunk($0, to: &bytes) }
        #expect(bytes == Array(size.utf8) + (count == 0 ? [] : data + Array("\r\n".utf8)))
    }

    @Test
    func writesChunkedResponses() throws {
        var bytes: [UInt8] = []
        ResponseEncoder.appendChunkedHead(status: 200, headers: [("A", "b")], keepAlive: false, to: &bytes)
        ResponseEncoder.appendLastChunk(to: &bytes)
        let parsed = try #require(try Parsed.response(bytes))
        #expect(parsed.head.headers.first("transfer-encoding") == "chunked")
        #expect(parsed.head.headers.first("connection") == "close")
        #expect(!parsed.head.headers.contains("content-length"))
        #expect(parsed.rest == "0\r\n\r\n")
    }

    @Test(arguments: ProblemKind.allCases)
    func namesEveryStatusOfAProblem(_ kind: ProblemKind) throws {
        let parsed = try #require(try Parsed.response(Array(encode(kind.status).utf8)))
        #expect(parsed.head.status == kind.status)
        #expect(parsed.head.reason != "Unknown")
    }
}
