/// What a connecting client asks for.
public struct SessionWish: Sendable {
    public var correlationID: CorrelationID?
    public var token: SessionToken?
    /// The last sequence that the client has.
    public var after: UInt64?
    /// Who the client is; nil for anybody.
    public var principal: [UInt8]?

    public init(
        correlationID: CorrelationID? = nil, token: SessionToken? = nil, after: UInt64? = nil, principal: [UInt8]? = nil
    ) {
        self.correlationID = correlationID
        self.token = token
        self.after = after
        self.principal = principal
    }
}
