import Core

/// Parses header lines (RFC 9112 §5).
enum FieldParser {
    /// - Parameters:
    ///   - head: a whole head with its last empty line.
    ///   - start: where the first header line begins.
    static func parse(
        _ head: UnsafeRawBufferPointer, from start: Int
    ) throws(HTTPParseError) -> [HeaderFields.Field] {
        var fields: [HeaderFields.Field] = []
        fields.reserveCapacity(12)
        var at = start
        let end = head.count - 2
        while at < end {
            if head[at] == 0x20 || head[at] == 0x09 { throw .foldedHeader }
            let nameStart = at
            while at < end, CharacterClass.isToken(head[at]) { at += 1 }
            guard at > nameStart, at < end, head[at] == 0x3A else { throw .badHeaderName }
            let nameEnd = at
            at += 1
            let valueStart = at
            while at < end, head[at] != 0x0D {
                guard CharacterClass.isFieldValue(head[at]) else { throw .badHeaderValue }
                at += 1
            }
            // A CR ends a line only with its LF.
            guard at + 1 < head.count, head[at + 1] == 0x0A else { throw .badHeaderValue }
            var low = valueStart
            var high = at
            while low < high, head[low] == 0x20 || head[low] == 0x09 { low += 1 }
            while high > low, head[high - 1] == 0x20 || head[high - 1] == 0x09 { high -= 1 }
            fields.append(HeaderFields.Field(name: Int32(nameStart)..<Int32(nameEnd), value: Int32(low)..<Int32(high)))
            at += 2
        }
        return fields
    }
}
