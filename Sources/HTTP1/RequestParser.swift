import Core

/// HTTP/1.x requests from bytes, one after the other (RFC 9112): keep-alive and pipelining come by themselves. Sans I/O;
/// one per connection.
///
/// What it answers depends on the bytes alone, not on how they were cut; only the pieces of a body follow the cuts. After
/// an error the stream can't be trusted any more: every further call throws the same error.
public struct RequestParser {
    /// What the next bytes were.
    public enum Event {
        case needMoreData
        case head(RequestHead)
        /// A piece of the body, in the memory given to `next`.
        case body(UnsafeRawBufferPointer)
        /// The request is whole. Also comes, in a call of its own, after a head without a body.
        case end
    }

    private enum State {
        case head(HeadScanner)
        case counted(left: Int)
        case chunked(ChunkedBodyParser)
        case end
        case failed(HTTPParseError)
    }

    private let limits: HTTPLimits
    private var state = State.head(HeadScanner())

    public init(limits: HTTPLimits) { self.limits = limits }

    /// Whether the last request is whole and nothing of the next one was seen, but maybe empty lines.
    public var isBetweenRequests: Bool {
        if case .head(let scanner) = state { return scanner.isIdle }
        return false
    }

    /// - Parameters:
    ///   - bytes: everything received and not yet consumed, from its first byte.
    ///   - consumed: what was used from the front of `bytes` is added. A head that is not whole is not consumed: it comes
    ///     again, with more behind it.
    public mutating func next(
        _ bytes: UnsafeRawBufferPointer, consumed: inout Int
    ) throws(HTTPParseError) -> Event {
        do throws(HTTPParseError) {
            switch state {
            case .head(var scanner): return try nextHead(bytes, &scanner, &consumed)
            case .counted(let left):
                guard !bytes.isEmpty else { return .needMoreData }
                let piece = bytes.slice(0..<min(left, bytes.count))
                consumed += piece.count
                state = left == piece.count ? .end : .counted(left: left - piece.count)
                return .body(piece)
            case .chunked(var parser):
                let event = try parser.next(bytes, limits: limits, consumed: &consumed)
                if case .end = event { state = .head(HeadScanner()) } else { state = .chunked(parser) }
                return event
            case .end:
                state = .head(HeadScanner())
                return .end
            case .failed(let error): throw error
            }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private mutating func nextHead(
        _ bytes: UnsafeRawBufferPointer, _ scanner: inout HeadScanner, _ consumed: inout Int
    ) throws(HTTPParseError) -> Event {
        var skipped = 0
        while true {
            let rest = bytes.slice(skipped..<bytes.count)
            switch try scanner.scan(rest, limits: limits, firstLine: (.badRequestLine, .targetTooLong)) {
            case .needMoreData:
                consumed += skipped
                state = .head(scanner)
                return .needMoreData
            case .skip(let count): skipped += count
            case .complete(let count, let firstLineBytes):
                let head = try RequestHeadParser.parse(rest.slice(0..<count), firstLineBytes: firstLineBytes)
                if let length = head.contentLength, length > limits.bodyBytesMax { throw .bodyTooLarge }
                consumed += skipped + count
                if head.isChunked {
                    state = .chunked(ChunkedBodyParser())
                } else if let length = head.contentLength, length > 0 {
                    state = .counted(left: length)
                } else {
                    state = .end
                }
                return .head(head)
            }
        }
    }
}
