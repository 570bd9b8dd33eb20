import Core

/// The header fields of a message, in their order (RFC 9110 §5). Owns the one copy of the head; names and values are
/// ranges in it. Names to look for are given in lower case.
public struct HeaderFields: Sendable {
    private let head: [UInt8]
    private let fields: [HTTPField]

    /// None.
    public init() { self.init(head: [], fields: []) }

    init(head: [UInt8], fields: [HTTPField]) {
        self.head = head
        self.fields = fields
    }

    public var count: Int { fields.count }

    /// The value of the first field of that name, without a `String` made of it; nil if there is none. The memory is
    /// valid only during the call.
    public func withFirst<Result>(
        _ lowercasedName: StaticString, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        head.withUnsafeBytes { bytes in
            for field in fields where bytes.slice(field.name).equalsIgnoringCase(lowercasedName) {
                return body(bytes.slice(field.value))
            }
            return body(nil)
        }
    }

    /// The value of the only field of that name; nil if there is none, or several. The memory is valid only during the call.
    public func withOnly<Result>(
        _ lowercasedName: StaticString, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        head.withUnsafeBytes { bytes in
            var only: UnsafeRawBufferPointer?
            for field in fields where bytes.slice(field.name).equalsIgnoringCase(lowercasedName) {
                if only != nil { return body(nil) }
                only = bytes.slice(field.value)
            }
            return body(only)
        }
    }

    /// Invalid UTF-8 is replaced.
    public func first(_ lowercasedName: StaticString) -> String? { withFirst(lowercasedName) { $0?.text } }

    public func contains(_ lowercasedName: StaticString) -> Bool { withFirst(lowercasedName) { $0 != nil } }

    public func all(_ lowercasedName: StaticString) -> [String] {
        var values: [String] = []
        forEachField { name, value in
            if name.equalsIgnoringCase(lowercasedName) { values.append(value.text) }
        }
        return values
    }

    /// Whether a comma-separated list, maybe over several fields, has the token, regardless of case.
    public func hasToken(_ lowercasedName: StaticString, _ lowercasedToken: StaticString) -> Bool {
        hasElement(lowercasedName) { $0.equalsIgnoringCase(lowercasedToken) }
    }

    /// Whether a comma-separated list, maybe over several fields, has an element that is meant.
    public func hasElement(_ lowercasedName: StaticString, _ isMeant: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        var isFound = false
        forEachField { name, value in
            guard !isFound, name.equalsIgnoringCase(lowercasedName) else { return }
            ListElements.forEach(in: value) { if isMeant($0) { isFound = true } }
        }
        return isFound
    }

    /// In their order. The memory is valid only during the call.
    public func forEachField(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        head.withUnsafeBytes { bytes in
            for field in fields { body(bytes.slice(field.name), bytes.slice(field.value)) }
        }
    }

    /// A piece of the head: of its first line too.
    func withHead<Result>(_ range: Range<Int32>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        head.withUnsafeBytes { body($0.slice(range)) }
    }
}

extension UnsafeRawBufferPointer {
    func slice(_ range: Range<Int32>) -> UnsafeRawBufferPointer {
        slice(Int(range.lowerBound)..<Int(range.upperBound))
    }
}
