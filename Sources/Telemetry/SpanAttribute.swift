import Core

/// A named value of a span, event or link. Names are those of the semantic conventions where there is one.
public struct SpanAttribute: Sendable {
    public let key: StaticString
    public let value: AttributeValue

    public init(_ key: StaticString, _ value: AttributeValue) {
        self.key = key
        self.value = value
    }

    /// Without a `String` made of either, as for each of a span's attributes it is asked for each that is set.
    func isNamed(_ name: StaticString) -> Bool {
        UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount).equals(name)
    }
}
