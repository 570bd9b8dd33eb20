import Core

/// The header fields of a message, in their order. Owns one copy of the head; names and values are ranges in it.
public struct HeaderFields: Sendable {
    struct Field {
        let name: Range<Int32>
        let value: Range<Int32>
    }

    private let head: [UInt8]
    private let fields: [Field]

    init(head: [UInt8], fields: [Field]) {
        self.head = head
        self.fields = fields
    }

    public var count: Int { fields.count }

    private static func range(_ range: Range<Int32>) -> Range<Int> { Int(range.lowerBound)..<Int(range.upperBound) }

    /// - Parameter name: in lower case, as everywhere here.
    public func withFirst<Result>(
        _ name: StaticString, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        head.withUnsafeBytes { bytes in
            for field in fields where bytes.slice(Self.range(field.name)).equalsIgnoringCase(name) {
                return body(bytes.slice(Self.range(field.value)))
            }
            return body(nil)
        }
    }

    public func first(_ name: StaticString) -> String? { withFirst(name) { $0?.text } }

    public func contains(_ name: StaticString) -> Bool { withFirst(name) { $0 != nil } }

    public func all(_ name: StaticString) -> [String] {
        var values: [String] = []
        forEach { given, value in
            if given.equalsIgnoringCase(name) { values.append(value.text) }
        }
        return values
    }

    /// Whether a comma-separated list, maybe over several fields, has the token, regardless of case.
    public func hasToken(_ name: StaticString, _ token: StaticString) -> Bool {
        var isFound = false
        forEach { given, value in
            guard !isFound, given.equalsIgnoringCase(name) else { return }
            for element in value.split(separator: 0x2C) {
                let trimmed = Self.trimmed(UnsafeRawBufferPointer(rebasing: element))
                if trimmed.equalsIgnoringCase(token) { isFound = true }
            }
        }
        return isFound
    }

    /// In their order. The memory is valid only during the call.
    public func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        head.withUnsafeBytes { bytes in
            for field in fields { body(bytes.slice(Self.range(field.name)), bytes.slice(Self.range(field.value))) }
        }
    }

    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = bytes.count
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return bytes.slice(start..<end)
    }
}
