import Core

/// Parses header lines (RFC 9112 §5).
enum FieldParser {
    private static let fieldsExpected = 16

    /// - Parameters:
    ///   - head: a whole head with its last empty line, all its lines ending in CR LF.
    ///   - start: where the first header line begins.
    static func parse(
        _ head: UnsafeRawBufferPointer, from start: Int
    ) throws(HTTPParseError) -> [HTTPField] {
        var fields: [HTTPField] = []
        var at = start
        let end = head.count - 2
        if at < end { fields.reserveCapacity(fieldsExpected) }
        while at < end {
            fields.append(try field(head, at: &at))
        }
        return fields
    }

    /// - Parameter at: where the line begins; set to where the next one does.
    static func field(_ head: UnsafeRawBufferPointer, at: inout Int) throws(HTTPParseError) -> HTTPField {
        let nameStart = at
        var cursor = at
        let end = head.count
        while cursor < end, CharacterClass.isToken(head[cursor]) { cursor += 1 }
        guard cursor > nameStart, cursor < end, head[cursor] == 0x3A else {
            let isFolded = nameStart < end && CharacterClass.isBlank(head[nameStart])
            throw isFolded ? .foldedHeader : .badHeaderName
        }
        let nameEnd = cursor
        cursor += 1
        while cursor < end, CharacterClass.isBlank(head[cursor]) { cursor += 1 }
        let valueStart = cursor
        cursor = CharacterClass.endOfFieldValue(head, from: cursor, to: end)
        guard cursor + 1 < end, head[cursor] == 0x0D, head[cursor + 1] == 0x0A else { throw .badHeaderValue }
        var valueEnd = cursor
        while valueEnd > valueStart, CharacterClass.isBlank(head[valueEnd - 1]) { valueEnd -= 1 }
        at = cursor + 2
        return HTTPField(
            name: Int32(truncatingIfNeeded: nameStart)..<Int32(truncatingIfNeeded: nameEnd),
            value: Int32(truncatingIfNeeded: valueStart)..<Int32(truncatingIfNeeded: valueEnd))
    }
}
