import Core

/// The head of a response, for WebSocket clients (RFC 9112 §4). Sans I/O. Throws the same error for ever after the first.
public struct ResponseHeadParser {
    private let limits: HTTPLimits
    private var scanner = HeadScanner()
    private var failure: HTTPParseError?

    public init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

    /// Nil while the head is not whole; nothing of it is consumed then.
    /// - Parameters:
    ///   - bytes: everything received and not yet consumed, from its first byte.
    ///   - consumed: what was used from the front of `bytes` is added.
    public mutating func next(
        _ bytes: UnsafeRawBufferPointer, consumed: inout Int
    ) throws(HTTPParseError) -> ResponseHead? {
        if let failure { throw failure }
        do throws(HTTPParseError) {
            switch try scanner.scan(bytes, limits: limits, firstLine: (.badStatusLine, .badStatusLine)) {
            case .needMoreData: return nil
            case .skip: throw .badStatusLine
            case .complete(let count, let firstLineBytes):
                let head = try Self.parse(bytes.slice(0..<count), firstLineBytes: firstLineBytes)
                consumed += count
                return head
            }
        } catch {
            failure = error
            throw error
        }
    }

    /// `HTTP/1.x SP 3DIGIT SP reason`; the last blank may be missing with the reason.
    private static func parse(
        _ head: UnsafeRawBufferPointer, firstLineBytes: Int
    ) throws(HTTPParseError) -> ResponseHead {
        let line = head.slice(0..<firstLineBytes - 2)
        guard line.count >= 12, line.hasPrefix("HTTP/1."), CharacterClass.isDigit(line[7]), line[8] == 0x20 else {
            throw .badStatusLine
        }
        var status = 0
        for at in 9..<12 {
            guard CharacterClass.isDigit(line[at]) else { throw .badStatusLine }
            status = status * 10 + Int(line[at]) - 0x30
        }
        guard status >= 100, line.count == 12 || line[12] == 0x20,
            CharacterClass.endOfFieldValue(line, from: 12, to: line.count) == line.count
        else { throw .badStatusLine }
        let reason = line.slice(min(13, line.count)..<line.count)
        let fields = try FieldParser.parse(head, from: firstLineBytes)
        return ResponseHead(
            status: status, reason: reason.text, headers: HeaderFields(head: Array(head), fields: fields))
    }
}
