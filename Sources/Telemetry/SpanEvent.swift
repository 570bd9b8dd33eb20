/// Something that happened at one moment of a span.
public struct SpanEvent: Sendable {
    public let name: StaticString
    public let wallNanoseconds: UInt64
    public let attributes: [SpanAttribute]

    public init(_ name: StaticString, wallNanoseconds: UInt64, attributes: [SpanAttribute] = []) {
        self.name = name
        self.wallNanoseconds = wallNanoseconds
        self.attributes = attributes
    }
}
