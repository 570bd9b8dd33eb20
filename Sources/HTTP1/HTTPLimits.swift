/// The most that a message may be. Beyond: 414, 431, 413.
public struct HTTPLimits: Sendable {
    public var requestLineBytesMax: Int
    public var headerBytesMax: Int
    public var headerCountMax: Int
    public var bodyBytesMax: Int
    /// Of all bodies together that a server waits for the rest of; beyond it the oldest gets 503.
    public var bodiesBytesMax: Int

    public init(
        requestLineBytesMax: Int = 8192, headerBytesMax: Int = 32_768, headerCountMax: Int = 100,
        bodyBytesMax: Int = 65_536, bodiesBytesMax: Int = 256 * 1024 * 1024
    ) {
        self.requestLineBytesMax = requestLineBytesMax
        self.headerBytesMax = headerBytesMax
        self.headerCountMax = headerCountMax
        self.bodyBytesMax = bodyBytesMax
        self.bodiesBytesMax = bodiesBytesMax
    }
}
