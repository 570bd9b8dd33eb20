/// A response without its body (RFC 9112 §4).
public struct ResponseHead: Sendable {
    public let status: Int
    public let reason: String
    public let headers: HeaderFields
}
