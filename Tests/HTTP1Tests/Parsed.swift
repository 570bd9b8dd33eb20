import HTTP1

/// Heads for tests that are about something else than parsing.
enum Parsed {
    static func request(_ text: String) throws -> RequestHead? {
        var parser = RequestParser(limits: HTTPLimits())
        var consumed = 0
        let event = try Array(text.utf8).withUnsafeBytes { try parser.next($0, consumed: &consumed) }
        if case .head(let head) = event { return head }
        return nil
    }

    static func response(_ bytes: [UInt8]) throws -> (head: ResponseHead, rest: String)? {
        var parser = ResponseHeadParser()
        var consumed = 0
        guard let head = try bytes.withUnsafeBytes({ try parser.next($0, consumed: &consumed) }) else { return nil }
        return (head, String(decoding: bytes[consumed...], as: UTF8.self))
    }
}
