/// What a histogram had counted at one moment.
public struct HistogramSnapshot: Sendable {
    /// Upper, inclusive; the last bucket has none.
    public let bounds: [Double]
    /// One more than bounds; each counts for itself.
    public let counts: [UInt64]
    public let sum: Double
    /// By bucket.
    public let exemplars: [Exemplar?]

    public var count: UInt64 { counts.reduce(0, &+) }
}
