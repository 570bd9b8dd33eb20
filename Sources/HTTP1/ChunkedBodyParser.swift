import Core

/// A body in chunks (RFC 9112 §7.1). Extensions are skipped, trailers dropped.
struct ChunkedBodyParser {
    private static let sizeLineBytesMax = 256
    private static let trailerBytesMax = 4096

    private enum State {
        case size
        case data(left: Int)
        case dataEnd
        case trailers(bytes: Int)
    }

    private var state = State.size
    private var total = 0

    mutating func next(
        _ bytes: UnsafeRawBufferPointer, limits: HTTPLimits, consumed: inout Int
    ) throws(HTTPParseError) -> RequestParser.Event {
        var at = 0
        defer { consumed += at }
        while true {
            let rest = bytes.slice(at..<bytes.count)
            switch state {
            case .size:
                guard let line = try Self.line(rest, bytesMax: Self.sizeLineBytesMax, tooLong: .chunkExtensionTooLong)
                else { return .needMoreData }
                let size = try Self.size(rest.slice(0..<line))
                at += line + 2
                guard size <= limits.bodyBytesMax - total else { throw .bodyTooLarge }
                total += size
                state = size == 0 ? .trailers(bytes: 0) : .data(left: size)
            case .data(let left):
                guard !rest.isEmpty else { return .needMoreData }
                let piece = rest.slice(0..<min(left, rest.count))
                at += piece.count
                state = left == piece.count ? .dataEnd : .data(left: left - piece.count)
                return .body(piece)
            case .dataEnd:
                if rest.first.map({ $0 != 0x0D }) == true { throw .badChunk }
                guard rest.count >= 2 else { return .needMoreData }
                guard rest[1] == 0x0A else { throw .badChunk }
                at += 2
                state = .size
            case .trailers(let bytes):
                let left = Self.trailerBytesMax - bytes
                guard let line = try Self.line(rest, bytesMax: left, tooLong: .trailersTooLong) else {
                    return .needMoreData
                }
                at += line + 2
                if line == 0 { return .end }
                state = .trailers(bytes: bytes + line + 2)
            }
        }
    }

    /// The length of the first line, without its CR LF; nil if it is not whole yet.
    private static func line(
        _ bytes: UnsafeRawBufferPointer, bytesMax: Int, tooLong: HTTPParseError
    ) throws(HTTPParseError) -> Int? {
        guard let feed = bytes.prefix(bytesMax + 2).firstIndex(of: 0x0A) else {
            if bytes.count >= bytesMax + 2 { throw tooLong }
            // A control character can't become valid by what follows.
            if bytes.dropLast().contains(where: { !CharacterClass.isFieldValue($0) }) { throw .badChunk }
            return nil
        }
        guard feed > 0, bytes[feed - 1] == 0x0D else { throw .bareLineBreak }
        guard bytes.slice(0..<feed - 1).allSatisfy(CharacterClass.isFieldValue) else { throw .badChunk }
        return feed - 1
    }

    private static func size(_ line: UnsafeRawBufferPointer) throws(HTTPParseError) -> Int {
        let digits = line.prefix { Hexadecimal.value(of: $0) != nil }
        guard (1...15).contains(digits.count),
            let value = Hexadecimal.number(UnsafeRawBufferPointer(rebasing: digits))
        else { throw .badChunk }
        if digits.count < line.count, line[digits.count] != 0x3B { throw .badChunk }
        return Int(truncatingIfNeeded: value)
    }
}
