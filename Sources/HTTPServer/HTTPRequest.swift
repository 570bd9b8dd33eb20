import HTTP1

/// A whole request.
public struct HTTPRequest {
    public let head: RequestHead
    public let body: [UInt8]
    /// What stands in the path for the route's `{…}`, decoded; empty without one.
    public let parameter: String
}
