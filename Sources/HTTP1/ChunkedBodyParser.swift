import Core

/// A body in chunks (RFC 9112 §7.1). Extensions are skipped, trailers checked and dropped; all of it is bounded.
struct ChunkedBodyParser {
    private static let sizeLineBytesMax = 256
    private static let sizeDigitsMax = 15
    /// Over the whole body, or one-byte chunks with long extensions would be work without end.
    private static let extensionBytesMax = 4096
    private static let trailerBytesMax = 4096

    private enum State {
        case size
        case data(left: Int)
        case dataEnd
        case trailers(bytes: Int, count: Int)
    }

    private var state = State.size
    private var line = LineReader()
    private var total = 0
    private var extensionBytes = 0

    mutating func next(
        _ bytes: UnsafeRawBufferPointer, limits: HTTPLimits, consumed: inout Int
    ) throws(HTTPParseError) -> RequestParser.Event {
        var at = 0
        defer { consumed += at }
        while true {
            let rest = bytes.slice(at..<bytes.count)
            switch state {
            case .size:
                guard let length = try nextSize(rest, limits) else { return .needMoreData }
                at += length + 2
            case .data(let left):
                guard !rest.isEmpty else { return .needMoreData }
                let piece = rest.slice(0..<min(left, rest.count))
                at += piece.count
                state = left == piece.count ? .dataEnd : .data(left: left - piece.count)
                return .body(piece)
            case .dataEnd:
                if let first = rest.first, first != 0x0D { throw .badChunk }
                guard rest.count >= 2 else { return .needMoreData }
                guard rest[1] == 0x0A else { throw .badChunk }
                at += 2
                state = .size
            case .trailers(let trailerBytes, let count):
                let bytesMax = Self.trailerBytesMax - trailerBytes
                guard let length = try line.next(rest, bytesMax: bytesMax, tooLong: .trailersTooLong) else {
                    return .needMoreData
                }
                at += length + 2
                if length == 0 { return .end }
                guard count < limits.headerCountMax, trailerBytes + length + 2 <= Self.trailerBytesMax else {
                    throw .trailersTooLong
                }
                var lineStart = 0
                _ = try FieldParser.field(rest.slice(0..<length + 2), at: &lineStart)
                state = .trailers(bytes: trailerBytes + length + 2, count: count + 1)
            }
        }
    }

    /// The length of the size line, once it is whole.
    private mutating func nextSize(
        _ rest: UnsafeRawBufferPointer, _ limits: HTTPLimits
    ) throws(HTTPParseError) -> Int? {
        let found = try line.next(rest, bytesMax: Self.sizeLineBytesMax, tooLong: .chunkExtensionTooLong)
        guard let length = found else { return nil }
        let size = try Self.size(rest.slice(0..<length), &extensionBytes)
        guard extensionBytes <= Self.extensionBytesMax else { throw .chunkExtensionTooLong }
        guard size <= max(limits.bodyBytesMax, 0) - total else { throw .bodyTooLarge }
        total += size
        state = size == 0 ? .trailers(bytes: 0, count: 0) : .data(left: size)
        return length
    }

    /// `1*HEXDIG *( BWS ";" … )`: blanks are allowed only before an extension.
    private static func size(
        _ line: UnsafeRawBufferPointer, _ extensionBytes: inout Int
    ) throws(HTTPParseError) -> Int {
        var at = 0
        var value = 0
        while at < line.count, let digit = Hexadecimal.value(of: line[at]) {
            guard at < sizeDigitsMax else { throw .badChunk }
            value = value << 4 | Int(digit)
            at += 1
        }
        guard at > 0 else { throw .badChunk }
        guard at < line.count else { return value }
        extensionBytes += line.count - at
        guard CharacterClass.endOfFieldValue(line, from: at, to: line.count) == line.count else { throw .badChunk }
        while at < line.count, CharacterClass.isBlank(line[at]) { at += 1 }
        guard at < line.count, line[at] == 0x3B else { throw .badChunk }
        return value
    }
}
