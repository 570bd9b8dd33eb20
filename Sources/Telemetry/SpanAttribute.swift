/// A named value of a span, event or link. Names are those of the semantic conventions where there is one.
public struct SpanAttribute: Sendable {
    public let key: StaticString
    public let value: AttributeValue

    public init(_ key: StaticString, _ value: AttributeValue) {
        self.key = key
        self.value = value
    }
}
