import Core

/// What a request is for, in any of the four forms of RFC 9112 §3.2. Ranges are offsets in the head.
struct RequestTarget {
    private static let schemes: [StaticString] = ["http://", "https://"]

    var path: Range<Int>
    /// What stands behind the first `?`.
    var query: Range<Int>?
    /// Of the absolute form: it outranks the Host header.
    var authority: Range<Int>?

    /// - Parameter head: begins with the request line.
    init(_ line: RequestLine, in head: UnsafeRawBufferPointer) throws(HTTPParseError) {
        path = line.target
        let first = head[line.target.lowerBound]
        if line.method == .connect {
            guard Self.isAuthority(head.slice(line.target), needsPort: true) else { throw .badTarget }
            return
        }
        if first == 0x2A, line.target.count == 1 {
            guard line.method == .options else { throw .badTarget }
            return
        }
        var start = line.target.lowerBound
        if first != 0x2F {
            let authority = try Self.authority(line, in: head)
            self.authority = authority
            start = authority.upperBound
        }
        path = start..<(line.mark ?? line.target.upperBound)
        if let mark = line.mark { query = mark + 1..<line.target.upperBound }
    }

    /// The `authority` of the absolute form, without user information, which RFC 9110 §4.2.4 calls an error.
    private static func authority(
        _ line: RequestLine, in head: UnsafeRawBufferPointer
    ) throws(HTTPParseError) -> Range<Int> {
        let target = line.target
        for scheme in Self.schemes {
            let start = target.lowerBound + scheme.utf8CodeUnitCount
            guard start < target.upperBound, head.slice(target.lowerBound..<start).equalsIgnoringCase(scheme) else {
                continue
            }
            var end = start
            while end < target.upperBound, head[end] != 0x2F, head[end] != 0x3F { end += 1 }
            guard end > start, isAuthority(head.slice(start..<end), needsPort: false) else { throw .badTarget }
            return start..<end
        }
        throw .badTarget
    }

    /// `host [":" port]`, with the host a name, an IPv4 address or an IPv6 address in brackets.
    static func isAuthority(_ bytes: UnsafeRawBufferPointer, needsPort: Bool) -> Bool {
        var at = 0
        if bytes.first == 0x5B {
            at = 1
            while at < bytes.count, bytes[at] == 0x3A || bytes[at] == 0x2E || Hexadecimal.value(of: bytes[at]) != nil {
                at += 1
            }
            guard at > 1, at < bytes.count, bytes[at] == 0x5D else { return false }
            at += 1
        } else {
            while at < bytes.count, CharacterClass.isHost(bytes[at]) { at += 1 }
        }
        guard at < bytes.count else { return !needsPort }
        guard bytes[at] == 0x3A, at > 0, bytes.count - at <= 6 else { return false }
        let port = bytes.slice(at + 1..<bytes.count)
        return port.allSatisfy(CharacterClass.isDigit) && !(needsPort && port.isEmpty)
    }
}
