import CCurl

/// How a client reaches a server, whether it believes that it is the one, and whom it says that it is itself.
public struct ConnectionPolicy: Sendable {
    /// A PEM file; nil: the authorities of the system.
    public var certificateAuthoritiesFile: String?
    /// Instead of the file: what stood in it.
    public var authorities: [UInt8]?
    /// Shown to servers that ask for it.
    public var identity: ClientIdentity?
    /// False accepts any certificate.
    public var verifiesCertificate: Bool
    /// False ignores the environment's `http_proxy` and its like.
    public var usesProxy: Bool

    public init(
        certificateAuthoritiesFile: String? = nil, verifiesCertificate: Bool = true, usesProxy: Bool = true,
        identity: ClientIdentity? = nil
    ) {
        self.certificateAuthoritiesFile = certificateAuthoritiesFile
        self.verifiesCertificate = verifiesCertificate
        self.usesProxy = usesProxy
        self.identity = identity
    }

    func apply(to easy: UnsafeMutableRawPointer) {
        if let certificateAuthoritiesFile {
            switchboard_curl_set_string(easy, CURLOPT_CAINFO, certificateAuthoritiesFile)
        }
        if let authorities { set(CURLOPT_CAINFO_BLOB, authorities, easy) }
        if let identity {
            set(CURLOPT_SSLCERT_BLOB, identity.certificate, easy)
            set(CURLOPT_SSLKEY_BLOB, identity.key, easy)
        }
        if !verifiesCertificate {
            switchboard_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            switchboard_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
        switchboard_curl_set_string(easy, CURLOPT_PROXY, usesProxy ? nil : "")
    }

    /// curl copies the bytes.
    private func set(_ option: CURLoption, _ bytes: [UInt8], _ easy: UnsafeMutableRawPointer) {
        bytes.withUnsafeBytes { _ = switchboard_curl_set_blob(easy, option, $0.baseAddress, $0.count) }
    }
}
