/// Another span that this one has to do with, without being its child.
public struct SpanLink: Sendable {
    public let context: TraceContext
    public let attributes: [SpanAttribute]

    public init(_ context: TraceContext, attributes: [SpanAttribute] = []) {
        self.context = context
        self.attributes = attributes
    }
}
