import HTTP1
import TestSupport
import Testing

struct ResponseHeadParserTests {
    private static let accepted: [(String, String)] = [
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "101 Switching Protocols, 1"),
        ("HTTP/1.0 200 OK\r\n\r\n", "200 OK, 0"),
        ("HTTP/1.1 200\r\n\r\n", "200 , 0"),
        ("HTTP/1.1 200 \r\nA: b\r\nC: d\r\n\r\n", "200 , 2"),
        ("HTTP/1.1 999 \t grüß dich\r\n\r\n", "999 \t grüß dich, 0"),
        ("HTTP/1.1 200 OK\r\n", "waiting"),
        ("", "waiting"),
    ]

    private static let refused: [(String, HTTPParseError)] = [
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", .badStatusLine),
        ("\u{16}\u{3}", .badStatusLine),
        ("HTTP/2.0 200 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.x 200 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1  200 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 20 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 2000 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 099 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 +20 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 200 O\0K\r\n\r\n", .badStatusLine),
        ("HTTP/1.1\r\n\r\n", .badStatusLine),
        ("\(String(repeating: "H", count: 8194))", .badStatusLine),
        ("HTTP/1.1 200 OK\n\n", .bareLineBreak),
        ("HTTP/1.1 200 OK\r\n A: b\r\n\r\n", .foldedHeader),
        ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .badHeaderName),
    ]

    static let corpus = accepted.map(\.0) + refused.map(\.0).filter { $0.count < 1024 }

    static func transcript(_ input: [UInt8], _ cutting: Cutting) -> String {
        var parser = ResponseHeadParser()
        var said: String?
        let rest = DripFeed.run(input, cutting) { bytes in
            guard said == nil else { return (0, false) }
            var consumed = 0
            do throws(HTTPParseError) {
                let head = try parser.next(UnsafeRawBufferPointer(bytes), consumed: &consumed)
                if let head { said = "\(head.status) \(head.reason), \(head.headers.count)" }
            } catch {
                said = "error \(error)"
            }
            return (consumed, false)
        }
        guard let said else { return "waiting" }
        return said.hasPrefix("error") || rest.isEmpty ? said : said + " + \(rest.count)"
    }

    @Test(arguments: accepted)
    func acceptsHeads(_ input: String, _ expected: String) {
        for cutting in Cutting.all {
            #expect(Self.transcript(Array(input.utf8), cutting) == expected, "\(cutting)")
            if expected == "waiting" { continue }
            #expect(Self.transcript(Array(input.utf8) + [0x81, 0], cutting) == expected + " + 2", "\(cutting)")
        }
    }

    @Test(arguments: refused)
    func refusesHeads(_ input: String, _ expected: HTTPParseError) {
        for cutting in Cutting.all {
            #expect(Self.transcript(Array(input.utf8), cutting) == "error \(expected)", "\(cutting)")
        }
    }
}
