import COpenSSL
import Core
import Glibc

/// What all connections of a server share, its certificate and key, or all those to one server.
///
/// TLS 1.2 with forward secrecy and authenticated encryption only, and TLS 1.3; the server's order of preference; neither
/// compression nor renegotiation; ALPN offers `http/1.1` only. A client that comes back may resume its session for an hour,
/// but not where it is asked for a certificate: each connection shows it anew.
public final class TLSContext: @unchecked Sendable {
    // Sendable: OpenSSL counts references to SSL_CTX atomically, and nothing changes it after `init`.
    let handle: OpaquePointer
    /// Whom a client's connections go to; nil for a server.
    let serverName: String?

    private static let resumptionSeconds = 3600
    /// Of TLS 1.2 (RFC 7525's successor, RFC 9325 §4.2); those of TLS 1.3 are all of the kind.
    private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
    /// What OpenSSL says of a key that is another certificate's (X509_R_KEY_VALUES_MISMATCH).
    private static let mismatch = "key values mismatch"
    private static let groups = "X25519:P-256:P-384"

    /// For a server. All files are PEM, and read here.
    public convenience init(
        certificateFile: String, keyFile: String, clients: TLSClientVerification? = nil
    ) throws(TLSConfigurationError) {
        self.init(taking: try Self.makeHandle(TLS_server_method()), serverName: nil)
        try load(certificateFile, keyFile)
        if let clients { try ask(clients) }
    }

    private init(taking handle: OpaquePointer, serverName: String?) {
        self.handle = handle
        self.serverName = serverName
    }

    private func load(_ certificateFile: String, _ keyFile: String) throws(TLSConfigurationError) {
        guard SSL_CTX_use_certificate_chain_file(handle, certificateFile) == 1 else {
            throw .certificate(file: certificateFile, reason: Self.lastError())
        }
        guard SSL_CTX_use_PrivateKey_file(handle, keyFile, SSL_FILETYPE_PEM) == 1 else {
            let reason = Self.lastError()
            throw .key(file: keyFile, reason: reason == Self.mismatch ? Self.foreign(certificateFile) : reason)
        }
        guard SSL_CTX_check_private_key(handle) == 1 else {
            throw .key(file: keyFile, reason: Self.foreign(certificateFile))
        }
        SSL_CTX_set_alpn_select_cb(handle, selectProtocol, nil)
        SSL_CTX_set_timeout(handle, Self.resumptionSeconds)
        _ = switchboard_ssl_ctx_without_cache(handle)
    }

    private static func foreign(_ certificateFile: String) -> String {
        "it does not belong to the certificate in \(certificateFile)"
    }

    private func ask(_ clients: TLSClientVerification) throws(TLSConfigurationError) {
        guard SSL_CTX_load_verify_file(handle, clients.authoritiesFile) == 1,
            let names = SSL_load_client_CA_file(clients.authoritiesFile)
        else { throw .authorities(file: clients.authoritiesFile, reason: Self.lastError()) }
        SSL_CTX_set_client_CA_list(handle, names)
        SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | (clients.isRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nil)
        // A resumed session would be its first connection's: with a certificate that was good then.
        switchboard_ssl_ctx_without_tickets(handle)
    }

    /// Of a server: when the first certificate of its chain expires, in seconds since 1970.
    public var expirySeconds: Int64 { switchboard_ssl_ctx_expiry(handle) }

    /// For connections to a server of that name, or address.
    /// - Parameters:
    ///   - certificateAuthoritiesFile: PEM; nil: those of the system.
    ///   - verifiesCertificate: false takes any certificate.
    public convenience init(
        serverName: String, certificateAuthoritiesFile: String?, verifiesCertificate: Bool
    ) throws(TLSConfigurationError) {
        self.init(taking: try Self.makeHandle(TLS_client_method()), serverName: serverName)
        SSL_CTX_set_verify(handle, verifiesCertificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        if let file = certificateAuthoritiesFile {
            guard SSL_CTX_load_verify_file(handle, file) == 1 else {
                throw .certificate(file: file, reason: Self.lastError())
            }
        } else {
            SSL_CTX_set_default_verify_paths(handle)
        }
    }

    private static func makeHandle(_ method: OpaquePointer?) throws(TLSConfigurationError) -> OpaquePointer {
        OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
        guard let handle = SSL_CTX_new(method) else { throw TLSConfigurationError.library(lastError()) }
        _ = switchboard_ssl_ctx_set_min_tls12(handle)
        _ = switchboard_ssl_ctx_set_mode(handle)
        _ = switchboard_ssl_ctx_without_retry(handle)
        switchboard_ssl_ctx_set_options(handle)
        guard SSL_CTX_set_cipher_list(handle, ciphers) == 1, switchboard_ssl_ctx_set_groups(handle, groups) == 1 else {
            SSL_CTX_free(handle)
            throw TLSConfigurationError.library(lastError())
        }
        return handle
    }

    deinit { SSL_CTX_free(handle) }

    static func lastError() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        // OpenSSL keeps the texts of its own errors only; those of system calls carry errno under a flag (ERR_SYSTEM_ERROR).
        let systemFlag: UInt = 1 << 31
        if code & systemFlag != 0 {
            return String(cString: strerror(CInt(truncatingIfNeeded: code & (systemFlag - 1))))
        }
        guard code != 0, let text = ERR_reason_error_string(code) else { return "unknown reason" }
        return String(cString: text)
    }
}

/// Picks `http/1.1` from the client's list (RFC 7301 §3.1: length-prefixed names); without it the handshake goes on
/// without ALPN, as most WebSocket clients do.
private let selectProtocol:
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
        UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
    ) -> CInt = { _, selected, selectedLength, offered, offeredLength, _ in
        guard let offered, let selected, let selectedLength else { return SSL_TLSEXT_ERR_NOACK }
        let list = UnsafeRawBufferPointer(start: offered, count: Int(offeredLength))
        var at = 0
        while at < list.count {
            let length = Int(list[at])
            guard at + 1 + length <= list.count else { break }
            if list.slice(at + 1..<at + 1 + length).equals("http/1.1") {
                selected.pointee = offered + at + 1
                selectedLength.pointee = UInt8(length)
                return SSL_TLSEXT_ERR_OK
            }
            at += 1 + length
        }
        return SSL_TLSEXT_ERR_NOACK
    }
