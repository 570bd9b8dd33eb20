import Core

/// The elements of a comma-separated header value (RFC 9110 §5.6.1), without the blanks around them.
enum ListElements {
    /// An empty element is given as such.
    static func forEach(in value: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        var start = 0
        for at in 0...value.count where at == value.count || value[at] == 0x2C {
            body(trimmed(value, start..<at))
            start = at + 1
        }
    }

    private static func trimmed(_ value: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, CharacterClass.isBlank(value[start]) { start += 1 }
        while end > start, CharacterClass.isBlank(value[end - 1]) { end -= 1 }
        return value.slice(start..<end)
    }
}
