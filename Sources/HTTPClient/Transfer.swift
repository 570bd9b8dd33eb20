import CCurl
import Core

/// One curl handle, used for one request after the other.
final class Transfer {
    let easy: UnsafeMutableRawPointer
    /// Which of its transport's policies it follows.
    let policyNumber: Int
    /// Of the request it is used for, by its transport's count; 0 without one.
    private(set) var number: UInt64 = 0
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var completion: ((Result<ClientResponse, ClientError>) -> Void)?
    private var response: [UInt8] = []
    private var responseBytesMax = 0
    private var isTooLong = false

    init(policyNumber: Int = 0) {
        self.policyNumber = policyNumber
        CurlLibrary.initialise()
        guard let easy = curl_easy_init() else { preconditionFailure("curl_easy_init: out of memory") }
        self.easy = easy
        switchboard_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        switchboard_curl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        switchboard_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // Tiers are addressed directly: a proxy of the environment's must not get between them.
        switchboard_curl_set_string(easy, CURLOPT_PROXY, "")
        switchboard_curl_set_data_callback(easy, CURLOPT_WRITEFUNCTION, Self.receive)
        switchboard_curl_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
    }

    func prepare(
        _ request: ClientRequest, number: UInt64 = 0,
        completion: @escaping (Result<ClientResponse, ClientError>) -> Void
    ) {
        self.number = number
        self.completion = completion
        switchboard_curl_set_long(easy, CURLOPT_FRESH_CONNECT, request.usesNewConnection ? 1 : 0)
        responseBytesMax = request.responseBytesMax
        isTooLong = false
        curl_slist_free_all(headers)
        headers = curl_slist_append(nil, "Expect:")
        for line in request.headerLines { headers = curl_slist_append(headers, line) }
        switchboard_curl_set_list(easy, CURLOPT_HTTPHEADER, headers)
        switchboard_curl_set_string(easy, CURLOPT_URL, request.url)
        switchboard_curl_set_long(easy, CURLOPT_TIMEOUT_MS, request.timeoutMilliseconds)
        switch request.method {
        case .get: switchboard_curl_set_long(easy, CURLOPT_HTTPGET, 1)
        case .post:
            switchboard_curl_set_long(easy, CURLOPT_POST, 1)
            // The size first: curl then copies so many bytes, NUL or not.
            switchboard_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
            request.body.withUnsafeBytes { bytes in
                let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                if let start {
                    switchboard_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start)
                } else {
                    switchboard_curl_set_string(easy, CURLOPT_COPYPOSTFIELDS, "")
                }
            }
        }
    }

    /// What to call, with what. The handle is free for the next request.
    func finish(_ code: CURLcode) -> (
        ((Result<ClientResponse, ClientError>) -> Void)?, Result<ClientResponse, ClientError>
    ) {
        let last = completion
        let body = response
        completion = nil
        response = []
        if isTooLong { return (last, .failure(.noAnswer("the answer is longer than \(responseBytesMax) bytes"))) }
        let text = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_OK:
            var status = 0
            switchboard_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            var seconds: curl_off_t = 0
            if status >= 300 { switchboard_curl_get_offset(easy, CURLINFO_RETRY_AFTER, &seconds) }
            let retryAfter = seconds > 0 ? Int(clamping: seconds) : nil
            return (last, .success(ClientResponse(status: status, body: body, retryAfterSeconds: retryAfter)))
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL,
            CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM:
            return (last, .failure(.cannotConnect(text)))
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            return (last, .failure(.notTrusted(text)))
        case CURLE_OPERATION_TIMEDOUT: return (last, .failure(.timedOut(text)))
        default: return (last, .failure(.noAnswer(text)))
        }
    }

    /// The handle is free for the next request, and nobody is called.
    func abandon() {
        completion = nil
        response = []
    }

    private static let receive: switchboard_curl_data_callback = { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        let total = size * count
        guard transfer.response.count + total <= transfer.responseBytesMax else {
            transfer.isTooLong = true
            return 0
        }
        transfer.response.append(bytes: UnsafeRawBufferPointer(start: bytes, count: total))
        return total
    }
}
