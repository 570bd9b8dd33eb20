import Core

/// Name and value pairs in a query, as forms write them (WHATWG URL, application/x-www-form-urlencoded).
enum QueryItems {
    /// No more are looked through: each takes some memory.
    private static let itemsMax = 64

    static func first(_ name: String, in query: UnsafeRawBufferPointer) -> String? {
        for item in query.split(separator: 0x26) {
            let equals = item.firstIndex(of: 0x3D) ?? item.endIndex
            guard decoded(item[item.startIndex..<equals]) == name else { continue }
            return equals == item.endIndex ? "" : decoded(item[(equals + 1)...])
        }
        return nil
    }

    /// Whether each can be decoded, and they are not too many.
    static func areWellFormed(_ query: UnsafeRawBufferPointer) -> Bool {
        guard query.lazy.filter({ $0 == 0x26 }).count < itemsMax else { return false }
        return query.split(whereSeparator: { $0 == 0x26 || $0 == 0x3D }).allSatisfy { decoded($0) != nil }
    }

    /// Nil if an escape is not two hexadecimal digits, or if the text is not UTF-8.
    private static func decoded(_ text: Slice<UnsafeRawBufferPointer>) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case 0x2B: bytes.append(0x20)
            case 0x25:
                guard let high = rest.popFirst().flatMap(Hexadecimal.value),
                    let low = rest.popFirst().flatMap(Hexadecimal.value)
                else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
