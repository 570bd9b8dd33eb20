/// A response without its body (RFC 9112 §4).
public struct ResponseHead: Sendable {
    /// 100 to 999.
    public let status: Int
    public let reason: String
    public let headers: HeaderFields
}
