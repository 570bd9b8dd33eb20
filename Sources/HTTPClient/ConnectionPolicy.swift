import CCurl

/// How a command-line client reaches a server, and whether it believes that it is the one.
public struct ConnectionPolicy: Sendable {
    /// A PEM file; nil: the authorities of the system.
    public var certificateAuthoritiesFile: String?
    /// False accepts any certificate.
    public var verifiesCertificate: Bool
    /// False ignores the environment's `http_proxy` and its like.
    public var usesProxy: Bool

    public init(certificateAuthoritiesFile: String? = nil, verifiesCertificate: Bool = true, usesProxy: Bool = true) {
        self.certificateAuthoritiesFile = certificateAuthoritiesFile
        self.verifiesCertificate = verifiesCertificate
        self.usesProxy = usesProxy
    }

    func apply(to easy: UnsafeMutableRawPointer) {
        if let certificateAuthoritiesFile {
            switchboard_curl_set_string(easy, CURLOPT_CAINFO, certificateAuthoritiesFile)
        }
        if !verifiesCertificate {
            switchboard_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            switchboard_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
        switchboard_curl_set_string(easy, CURLOPT_PROXY, usesProxy ? nil : "")
    }
}
