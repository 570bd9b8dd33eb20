import CCurl
import Core
import Glibc

/// A byte stream to a server, plain or TLS, by libcurl: for clients that speak WebSocket on it.
///
/// Connecting blocks; sending and receiving don't. It belongs to one thread.
public final class ConnectedStream {
    public enum Received: Equatable {
        case bytes(Int)
        case wouldBlock
        case ended
    }

    private let easy: UnsafeMutableRawPointer
    /// To be polled.
    public let fd: CInt

    /// - Parameters:
    ///   - url: `http://` or `https://`, host and port; the path is not used.
    ///   - timeoutMilliseconds: for connecting, TLS included.
    public static func connect(
        url: String, timeoutMilliseconds: Int, policy: ConnectionPolicy = ConnectionPolicy()
    ) throws(ClientError) -> ConnectedStream {
        CurlLibrary.initialise()
        guard let easy = curl_easy_init() else { throw .cannotConnect("out of memory") }
        var message = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = message.withUnsafeMutableBufferPointer { buffer in
            switchboard_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
            switchboard_curl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
            switchboard_curl_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
            switchboard_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, timeoutMilliseconds)
            switchboard_curl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
            switchboard_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
            switchboard_curl_set_string(easy, CURLOPT_URL, url)
            // Through a proxy there is a stream only as a tunnel.
            switchboard_curl_set_long(easy, CURLOPT_HTTPPROXYTUNNEL, 1)
            policy.apply(to: easy)
            switchboard_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, buffer.baseAddress)
            let code = curl_easy_perform(easy)
            switchboard_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, nil)
            return code
        }
        var socket: curl_socket_t = -1
        guard code == CURLE_OK, switchboard_curl_get_socket(easy, &socket) == CURLE_OK, socket >= 0 else {
            let said = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            curl_easy_cleanup(easy)
            let text = said.isEmpty ? String(cString: curl_easy_strerror(code)) : said
            switch code {
            case CURLE_OPERATION_TIMEDOUT: throw .timedOut(text)
            case CURLE_PEER_FAILED_VERIFICATION: throw .notTrusted(text)
            default: throw .cannotConnect(text)
            }
        }
        return ConnectedStream(easy: easy, fd: socket)
    }

    private init(easy: UnsafeMutableRawPointer, fd: CInt) {
        self.easy = easy
        self.fd = fd
    }

    deinit { curl_easy_cleanup(easy) }

    /// How many bytes were taken; 0 if the socket has no room now.
    public func send(_ bytes: UnsafeRawBufferPointer) throws(ClientError) -> Int {
        var sent = 0
        let code = curl_easy_send(easy, bytes.baseAddress, bytes.count, &sent)
        if code == CURLE_AGAIN { return 0 }
        guard code == CURLE_OK else { throw .noAnswer(String(cString: curl_easy_strerror(code))) }
        return sent
    }

    public func receive(into buffer: UnsafeMutableRawBufferPointer) throws(ClientError) -> Received {
        var count = 0
        let code = curl_easy_recv(easy, buffer.baseAddress, buffer.count, &count)
        if code == CURLE_AGAIN { return .wouldBlock }
        guard code == CURLE_OK else { throw .noAnswer(String(cString: curl_easy_strerror(code))) }
        return count == 0 ? .ended : .bytes(count)
    }
}
