/// The answer to a request: any status, with its body.
public struct ClientResponse: Sendable, Equatable {
    public let status: Int
    public let body: [UInt8]
}
