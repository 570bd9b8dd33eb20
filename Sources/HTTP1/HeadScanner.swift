import Core

/// Finds the end of a head as its bytes come, without looking at any byte twice, and holds its limits.
struct HeadScanner {
    private static let emptyLinesMax = 4

    enum Progress { case needMoreData, skip(Int), complete(length: Int) }

    private var scanned = 0
    private var lineStart = 0
    private var lines = 0
    private var emptyLines = 0
    private var firstLineBytes = 0

    /// - Parameter bytes: the head from its first byte on. `.skip`: empty lines before it, to be consumed.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, limits: HTTPLimits) throws(HTTPParseError) -> Progress {
        while let found = Self.lineFeed(in: bytes, from: scanned) {
            guard found > lineStart, bytes[found - 1] == 0x0D else { throw .bareLineBreak }
            scanned = found + 1
            let isEmpty = found - 1 == lineStart
            if isEmpty, lines == 0 {
                emptyLines += 1
                guard emptyLines <= Self.emptyLinesMax else { throw .badRequestLine }
                let skipped = scanned
                scanned = 0
                return .skip(skipped)
            }
            if isEmpty {
                try check(scanned, limits)
                let length = scanned
                self = HeadScanner()
                return .complete(length: length)
            }
            lines += 1
            if lines == 1 { firstLineBytes = scanned }
            guard lines <= limits.headerCountMax + 1 else { throw .tooManyHeaders }
            lineStart = scanned
            try check(scanned, limits)
        }
        scanned = bytes.count
        try check(scanned, limits)
        return .needMoreData
    }

    private func check(_ bytes: Int, _ limits: HTTPLimits) throws(HTTPParseError) {
        let firstLine = lines == 0 ? bytes : firstLineBytes
        if firstLine > limits.requestLineBytesMax + 2 { throw .targetTooLong }
        if bytes - firstLine > limits.headerBytesMax { throw .headersTooLarge }
    }

    private static func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        return bytes[start...].firstIndex(of: 0x0A)
    }
}
