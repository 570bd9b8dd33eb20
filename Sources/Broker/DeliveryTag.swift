/// Names one delivery until it is acknowledged or rejected. It is worthless once the connection it came on is gone: the
/// broker delivers the message again, under another tag.
public struct DeliveryTag: Hashable, Sendable {
    let generation: UInt32
    let value: UInt64

    /// As the broker knows it.
    public var number: UInt64 { value }
}
