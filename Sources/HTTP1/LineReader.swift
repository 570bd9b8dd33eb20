import Core

/// Finds the end of a line as its bytes come, without looking at any byte twice (RFC 9112 §2.2). What it answers depends
/// on the bytes alone, not on how they were cut.
struct LineReader {
    private var scanned = 0

    /// The length of the first line, without its CR LF; nil while it is not whole.
    /// - Parameters:
    ///   - bytes: from the line's first byte on; the same bytes, and more, until the line is whole.
    ///   - bytesMax: of the line, without its CR LF.
    mutating func next(
        _ bytes: UnsafeRawBufferPointer, bytesMax: Int, tooLong: HTTPParseError
    ) throws(HTTPParseError) -> Int? {
        let end = min(bytes.count, bytesMax + 2)
        guard let feed = Self.lineFeed(in: bytes, from: scanned, to: end) else {
            if end == bytesMax + 2 { throw tooLong }
            scanned = end
            return nil
        }
        guard feed > 0, bytes[feed - 1] == 0x0D else { throw .bareLineBreak }
        scanned = 0
        return feed - 1
    }

    private static func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var at = start
        while at + 8 <= end {
            let feeds = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ ones &* 0x0A
            // The lowest set bit is exact; higher ones may be borrows.
            let found = (feeds &- ones) & ~feeds & (ones &* 0x80)
            if found != 0 { return at + found.trailingZeroBitCount / 8 }
            at += 8
        }
        while at < end {
            if bytes[at] == 0x0A { return at }
            at += 1
        }
        return nil
    }
}
