/// How spans or log records are gathered (`OTEL_BSP_…`, `OTEL_BLRP_…`).
public struct BatchSettings: Equatable, Sendable {
    /// How long they wait for others.
    public var delayMilliseconds: Int
    public var queueMax: Int
    public var batchMax: Int
    /// For a batch, with all attempts.
    public var exportTimeoutMilliseconds: Int

    public init(
        delayMilliseconds: Int, queueMax: Int = 2048, batchMax: Int = 512, exportTimeoutMilliseconds: Int = 30_000
    ) {
        self.delayMilliseconds = delayMilliseconds
        self.queueMax = queueMax
        self.batchMax = batchMax
        self.exportTimeoutMilliseconds = exportTimeoutMilliseconds
    }
}
