/// How long a connection may take, in milliseconds.
public struct HTTPTimeouts: Sendable {
    /// From the first moment of a connection, or the first byte of a further request, to the end of the head.
    public var headMilliseconds: UInt64 = 10_000
    /// From the end of the head to the end of the body.
    public var bodyMilliseconds: UInt64 = 30_000
    /// Between requests.
    public var idleMilliseconds: UInt64 = 75_000
    public init() {}
}
