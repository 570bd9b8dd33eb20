import CCurl
import Core

/// One HTTP request that its caller waits for.
public final class BlockingRequest {
    private let transfer = Transfer()

    /// Kept and used again, it keeps its connection.
    /// - Parameter verifiesCertificate: false accepts any certificate.
    public init(certificateAuthoritiesFile: String? = nil, verifiesCertificate: Bool = true) {
        if let certificateAuthoritiesFile {
            switchboard_curl_set_string(transfer.easy, CURLOPT_CAINFO, certificateAuthoritiesFile)
        }
        if !verifiesCertificate {
            switchboard_curl_set_long(transfer.easy, CURLOPT_SSL_VERIFYPEER, 0)
            switchboard_curl_set_long(transfer.easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    public func perform(_ request: ClientRequest) throws(ClientError) -> ClientResponse {
        transfer.prepare(request) { _ in }
        return try transfer.finish(curl_easy_perform(transfer.easy)).1.get()
    }
}
