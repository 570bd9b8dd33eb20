import Core

/// Finds the end of a head as its bytes come, and holds its limits.
struct HeadScanner {
    private static let emptyLinesMax = 4
    /// Offsets in a head are kept in 32 bits.
    private static let limitBytesMax = 1 << 29

    enum Progress {
        case needMoreData
        /// An empty line before the head, to be consumed.
        case skip(bytes: Int)
        /// Both with the line breaks; the head also with its last empty line.
        case complete(bytes: Int, firstLineBytes: Int)
    }

    typealias FirstLineErrors = (malformed: HTTPParseError, tooLong: HTTPParseError)

    private var line = LineReader()
    private var lineStart = 0
    private var lines = 0
    private var emptyLines = 0
    private var firstLineBytes = 0

    /// Whether nothing of a head was seen.
    private(set) var isIdle = true

    /// - Parameters:
    ///   - bytes: the head from its first byte on; the same bytes, and more, until it is whole.
    ///   - firstLine: what a first line means that can't be one, or that is over its limit.
    mutating func scan(
        _ bytes: UnsafeRawBufferPointer, limits: HTTPLimits, firstLine errors: FirstLineErrors
    ) throws(HTTPParseError) -> Progress {
        if lineStart == 0, let first = bytes.first {
            // Nothing else can begin a message: TLS or noise is refused at its first byte.
            guard CharacterClass.isToken(first) || first == 0x0D || first == 0x0A else { throw errors.malformed }
            isIdle = false
        }
        let firstLineBytesMax = min(limits.requestLineBytesMax, Self.limitBytesMax)
        let headerBytesMax = min(limits.headerBytesMax, Self.limitBytesMax)
        while true {
            let bytesMax = lines == 0 ? firstLineBytesMax : headerBytesMax - (lineStart - firstLineBytes) - 2
            let length = try line.next(
                bytes.slice(lineStart..<bytes.count), bytesMax: max(bytesMax, 0),
                tooLong: lines == 0 ? errors.tooLong : .headersTooLarge)
            guard let length else { return .needMoreData }
            if length == 0 { return try endOfHead(errors) }
            guard lines <= limits.headerCountMax else { throw .tooManyHeaders }
            lineStart += length + 2
            lines += 1
            if lines == 1 { firstLineBytes = lineStart }
        }
    }

    private mutating func endOfHead(_ errors: FirstLineErrors) throws(HTTPParseError) -> Progress {
        if lines == 0 {
            emptyLines += 1
            guard emptyLines <= Self.emptyLinesMax else { throw errors.malformed }
            isIdle = true
            return .skip(bytes: 2)
        }
        let progress = Progress.complete(bytes: lineStart + 2, firstLineBytes: firstLineBytes)
        self = HeadScanner()
        return progress
    }
}
