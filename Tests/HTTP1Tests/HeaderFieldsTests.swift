import Core
import HTTP1
import Testing

struct HeaderFieldsTests {
    private func fields() throws -> HeaderFields {
        let head = try Parsed.request(
            "GET / HTTP/1.1\r\nHost: a\r\nX-A:  one \r\nx-a: two\r\nEmpty:\r\nConnection: keep-alive , Upgrade\r\n"
                + "connection: ,foo\r\n\r\n")
        return try #require(head).headers
    }

    @Test
    func findsByNameRegardlessOfCase() throws {
        let fields = try fields()
        #expect(fields.count == 6)
        #expect(fields.first("x-a") == "one")
        #expect(fields.all("x-a") == ["one", "two"])
        #expect(fields.first("empty") == "")
        #expect(fields.first("x") == nil)
        #expect(fields.contains("host"))
        #expect(!fields.contains("hos"))
        #expect(fields.withFirst("x-a") { $0?.count } == 3)
        #expect(fields.withFirst("x-b") { $0 == nil })
    }

    @Test(arguments: [
        ("upgrade", true), ("keep-alive", true), ("foo", true), ("up", false), ("keep-alive , upgrade", false),
    ])
    func findsTokensInLists(_ token: String, _ expected: Bool) throws {
        let fields = try fields()
        let found =
            switch token {
            case "upgrade": fields.hasToken("connection", "upgrade")
            case "keep-alive": fields.hasToken("connection", "keep-alive")
            case "foo": fields.hasToken("connection", "foo")
            case "up": fields.hasToken("connection", "up")
            default: fields.hasToken("connection", "keep-alive , upgrade")
            }
        #expect(found == expected)
    }

    @Test
    func keepsTheOrder() throws {
        var lines: [String] = []
        func note(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
            lines.append("\(name.text)=\(value.text)")
        }
        try fields().forEachField(note)
        #expect(
            lines == ["Host=a", "X-A=one", "x-a=two", "Empty=", "Connection=keep-alive , Upgrade", "connection=,foo"])
    }

    @Test
    func hasNoneByItself() {
        #expect(HeaderFields().count == 0)
        #expect(HeaderFields().first("a") == nil)
    }

    @Test(arguments: [
        ("a=1&b=2", "b", "2"), ("a=1&a=2", "a", "1"), ("a", "a", ""), ("a=", "a", ""), ("a=b=c", "a", "b=c"),
        ("a=x%20y+z", "a", "x y z"), ("%61=1", "a", "1"), ("a=%C3%BC", "a", "ü"), ("&&a=1", "a", "1"),
        ("a=%2b%2B", "a", "++"),
        ("b=1", "a", nil), ("", "a", nil), ("a=%", "a", nil), ("a=%4", "a", nil), ("a=%zz", "a", nil),
        ("a=%FF", "a", nil),
        ("aa=1", "a", nil), ("A=1", "a", nil),
    ])
    func findsQueryItems(_ query: String, _ name: String, _ expected: String?) throws {
        let head = try #require(try Parsed.request("GET /?\(query) HTTP/1.0\r\n\r\n"))
        #expect(head.queryItem(name) == expected)
    }

    @Test
    func hasNoQueryItemsWithoutQuery() throws {
        #expect(try #require(try Parsed.request("GET /a=1 HTTP/1.0\r\n\r\n")).queryItem("a") == nil)
    }

    @Test
    func keepsTheTargetAsReceived() throws {
        let head = try #require(try Parsed.request("GET http://h/%41?b=%20 HTTP/1.0\r\n\r\n"))
        #expect(head.target == "http://h/%41?b=%20")
        #expect(head.path == "/%41")
        #expect(head.withPath { $0.equals("/%41") })
        #expect(head.query == "b=%20")
    }
}
