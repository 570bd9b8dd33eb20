/// One measurement of a bucket, with the span it was made in.
public struct Exemplar: Sendable {
    public let value: Double
    public let wallNanoseconds: UInt64
    public let context: TraceContext
}
