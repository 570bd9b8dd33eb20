/// The most that a message may be. Beyond: 414, 431, 413.
public struct HTTPLimits: Sendable {
    public var requestLineBytesMax: Int
    public var headerBytesMax: Int
    public var headerCountMax: Int
    public var bodyBytesMax: Int
    /// Of all requests together that a server reads at a time; beyond it, 503. For those whose bodies may be large: where
    /// many small ones come, the connections bound them, and strangers could use up a bound for all.
    public var bodiesBytesMax: Int

    public init(
        requestLineBytesMax: Int = 8192, headerBytesMax: Int = 32_768, headerCountMax: Int = 100,
        bodyBytesMax: Int = 65_536, bodiesBytesMax: Int = .max
    ) {
        self.requestLineBytesMax = requestLineBytesMax
        self.headerBytesMax = headerBytesMax
        self.headerCountMax = headerCountMax
        self.bodyBytesMax = bodyBytesMax
        self.bodiesBytesMax = bodiesBytesMax
    }
}
