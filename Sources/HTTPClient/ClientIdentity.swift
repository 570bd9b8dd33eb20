/// The certificate that a client shows to servers which ask for one, and its key; both PEM, as they stood in their files.
public struct ClientIdentity: Equatable, Sendable {
    public var certificate: [UInt8]
    public var key: [UInt8]

    public init(certificate: [UInt8], key: [UInt8]) {
        self.certificate = certificate
        self.key = key
    }
}
