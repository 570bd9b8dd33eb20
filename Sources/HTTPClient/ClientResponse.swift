/// The answer to a request: any status, with its body.
public struct ClientResponse: Sendable, Equatable {
    public let status: Int
    public let body: [UInt8]
    /// After how many seconds the server wants to be asked again; nil if it said nothing of it.
    public let retryAfterSeconds: Int?

    init(status: Int, body: [UInt8], retryAfterSeconds: Int? = nil) {
        self.status = status
        self.body = body
        self.retryAfterSeconds = retryAfterSeconds
    }
}
