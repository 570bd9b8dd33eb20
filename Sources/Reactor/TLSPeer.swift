/// The other side of a TLS connection, by the certificate that it was asked for and that was found to be good.
public struct TLSPeer: Equatable, Sendable {
    /// The certificate's subject (RFC 2253), its most specific part first: `CN=ann,O=Example`.
    public let subject: String
    /// When the certificate expires, in seconds since 1970.
    public let expirySeconds: Int64
}
