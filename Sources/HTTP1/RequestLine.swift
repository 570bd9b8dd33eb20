import Core

/// `method SP target SP HTTP/x.y` (RFC 9112 §3), each blank exactly one. Ranges are offsets in the line.
struct RequestLine {
    private static let methodBytesMax = 32

    let method: HTTPMethod
    let target: Range<Int>
    /// Where the target's first `?` stands.
    let mark: Int?
    let isHTTP11: Bool

    /// - Parameter line: without its CR LF.
    init(_ line: UnsafeRawBufferPointer) throws(HTTPParseError) {
        var at = 0
        while at < line.count, CharacterClass.isToken(line[at]) { at += 1 }
        guard at > 0, at <= Self.methodBytesMax, at < line.count, line[at] == 0x20 else { throw .badRequestLine }
        method = HTTPMethod(line.slice(0..<at))
        at += 1
        let start = at
        var mark: Int?
        while at < line.count, line[at] != 0x20 {
            // A fragment is never sent to a server.
            guard line[at] > 0x20, line[at] < 0x7F, line[at] != 0x23 else { throw .badTarget }
            if line[at] == 0x3F, mark == nil { mark = at }
            at += 1
        }
        guard at > start, at < line.count else { throw .badRequestLine }
        target = start..<at
        self.mark = mark
        isHTTP11 = try Self.isHTTP11(line.slice(at + 1..<line.count))
    }

    /// A higher minor version is treated as 1.1 (RFC 9110 §2.5).
    private static func isHTTP11(_ version: UnsafeRawBufferPointer) throws(HTTPParseError) -> Bool {
        guard version.count == 8, version.hasPrefix("HTTP/"), version[6] == 0x2E, CharacterClass.isDigit(version[5]),
            CharacterClass.isDigit(version[7])
        else { throw .badRequestLine }
        guard version[5] == 0x31 else { throw .versionNotSupported }
        return version[7] != 0x30
    }
}
