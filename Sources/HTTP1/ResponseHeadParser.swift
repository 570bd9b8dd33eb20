import Core

/// The head of a response, for WebSocket clients. Sans I/O.
public struct ResponseHeadParser {
    private let limits: HTTPLimits
    private var scanner = HeadScanner()

    public init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

    /// Nil while the head is not whole; nothing of it is consumed then.
    public mutating func next(
        _ bytes: UnsafeRawBufferPointer, consumed: inout Int
    ) throws(HTTPParseError) -> ResponseHead? {
        switch try scanner.scan(bytes, limits: limits) {
        case .needMoreData: return nil
        case .skip: throw .badStatusLine
        case .complete(let length):
            let head = try Self.parse(bytes.slice(0..<length))
            consumed += length
            return head
        }
    }

    /// `HTTP/1.x SP 3 digits SP reason`; the last space may be missing with the reason.
    private static func parse(_ head: UnsafeRawBufferPointer) throws(HTTPParseError) -> ResponseHead {
        guard let feed = head.firstIndex(of: 0x0A), feed >= 13, head.hasPrefix("HTTP/1."), head[8] == 0x20 else {
            throw .badStatusLine
        }
        let digits = head.slice(9..<12)
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }), let status = Int(digits.text), status >= 100 else {
            throw .badStatusLine
        }
        let rest = head.slice(12..<feed - 1)
        guard rest.isEmpty || rest[0] == 0x20, rest.allSatisfy(CharacterClass.isFieldValue) else { throw .badStatusLine }
        let fields = try FieldParser.parse(head, from: feed + 1)
        return ResponseHead(
            status: status, reason: rest.isEmpty ? "" : rest.slice(1..<rest.count).text,
            headers: HeaderFields(head: Array(head), fields: fields))
    }
}
