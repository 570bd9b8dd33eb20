/// A request to another tier.
public struct ClientRequest: Sendable {
    public var method: Method
    public var url: String
    /// Whole lines, `Name: value`.
    public var headerLines: [String]
    public var body: [UInt8]
    /// For the whole exchange, connecting included.
    public var timeoutMilliseconds: Int
    /// A longer answer is an error.
    public var responseBytesMax: Int
    /// On a connection of its own making: those that are kept may be dead.
    public var usesNewConnection = false

    public enum Method: Sendable { case get, post }

    public init(
        _ method: Method, url: String, headerLines: [String] = [], body: [UInt8] = [],
        timeoutMilliseconds: Int = 10_000, responseBytesMax: Int = 4 * 1024 * 1024
    ) {
        self.method = method
        self.url = url
        self.headerLines = headerLines
        self.body = body
        self.timeoutMilliseconds = timeoutMilliseconds
        self.responseBytesMax = responseBytesMax
    }
}
