import Core

/// Makes a request head of its bytes.
enum RequestHeadParser {
    static func parse(_ head: UnsafeRawBufferPointer) throws(HTTPParseError) -> RequestHead {
        let line = try requestLine(head)
        let fields = try FieldParser.parse(head, from: line.length)
        let headers = HeaderFields(head: Array(head), fields: fields)
        let framing = try Framing.of(headers, isHTTP11: line.isHTTP11)
        let hosts = headers.all("host")
        if hosts.count > 1 { throw .repeatedHost }
        if line.isHTTP11, hosts.isEmpty { throw .missingHost }
        let expectations = headers.all("expect")
        if !expectations.isEmpty {
            guard expectations.count == 1, expectations[0].lowercased() == "100-continue" else {
                throw .unknownExpectation
            }
        }
        let (path, query) = try split(line.target, method: line.method)
        let keepAlive =
            line.isHTTP11
            ? !headers.hasToken("connection", "close") : headers.hasToken("connection", "keep-alive")
        return RequestHead(
            method: line.method, target: line.target.text, path: path, query: query, isHTTP11: line.isHTTP11,
            headers: headers, keepAlive: keepAlive, expectsContinue: line.isHTTP11 && !expectations.isEmpty,
            contentLength: framing.contentLength, isChunked: framing.isChunked)
    }

    private typealias Line = (method: HTTPMethod, target: UnsafeRawBufferPointer, isHTTP11: Bool, length: Int)

    /// `method SP target SP HTTP/1.x CRLF`, each space exactly one.
    private static func requestLine(_ head: UnsafeRawBufferPointer) throws(HTTPParseError) -> Line {
        guard let feed = head.firstIndex(of: 0x0A), feed > 0, head[feed - 1] == 0x0D else { throw .badRequestLine }
        let line = head.slice(0..<feed - 1)
        guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), first > 0, last > first + 1
        else { throw .badRequestLine }
        let method = line.slice(0..<first)
        guard method.count <= 32, method.allSatisfy(CharacterClass.isToken) else { throw .badRequestLine }
        let target = line.slice(first + 1..<last)
        guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }) else { throw .badTarget }
        let version = line.slice(last + 1..<line.count)
        guard version.count == 8, version.hasPrefix("HTTP/"), version[6] == 0x2E, (0x30...0x39).contains(version[5]),
            (0x30...0x39).contains(version[7])
        else { throw .badRequestLine }
        guard version[5] == 0x31, version[7] <= 0x31 else { throw .versionNotSupported }
        return (HTTPMethod(method), target, version[7] == 0x31, feed + 1)
    }

    /// RFC 9112 §3.2: origin form, absolute form, authority form for CONNECT, asterisk form for OPTIONS.
    private static func split(
        _ target: UnsafeRawBufferPointer, method: HTTPMethod
    ) throws(HTTPParseError) -> (path: String, query: String?) {
        var origin = target
        if method == .connect {
            guard target.first != 0x2F else { throw .badTarget }
            return (target.text, nil)
        }
        if target.equals("*") {
            guard method == .options else { throw .badTarget }
            return ("*", nil)
        }
        if target.first != 0x2F {
            let scheme = ["http://", "https://"] as [StaticString]
            guard let prefix = scheme.first(where: { target.hasPrefix($0) }) else { throw .badTarget }
            let rest = target.slice(prefix.utf8CodeUnitCount..<target.count)
            let authority = rest.prefix { $0 != 0x2F && $0 != 0x3F }.count
            guard authority > 0 else { throw .badTarget }
            origin = rest.slice(authority..<rest.count)
            if origin.isEmpty { return ("/", nil) }
        }
        guard let mark = origin.firstIndex(of: 0x3F) else { return (origin.text, nil) }
        let path = mark == 0 ? "/" : origin.slice(0..<mark).text
        return (path, origin.slice(mark + 1..<origin.count).text)
    }
}
