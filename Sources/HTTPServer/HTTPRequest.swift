import HTTP1

/// A whole request.
public struct HTTPRequest {
    public let head: RequestHead
    public let body: [UInt8]
}
