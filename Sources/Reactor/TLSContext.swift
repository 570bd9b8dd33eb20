import COpenSSL
import Core
import Glibc

/// What all connections of a server share, its certificate and key, or all those to one server. TLS 1.2 and newer; ALPN
/// offers `http/1.1` only.
public final class TLSContext: @unchecked Sendable {
    // Sendable: OpenSSL counts references to SSL_CTX atomically, and nothing changes it after `init`.
    let handle: OpaquePointer
    /// Whom a client's connections go to; nil for a server.
    let serverName: String?

    public init(certificateFile: String, keyFile: String) throws(TLSConfigurationError) {
        handle = try Self.makeHandle(TLS_server_method())
        serverName = nil
        guard SSL_CTX_use_certificate_chain_file(handle, certificateFile) == 1 else {
            throw .certificate(file: certificateFile, reason: Self.lastError())
        }
        guard SSL_CTX_use_PrivateKey_file(handle, keyFile, SSL_FILETYPE_PEM) == 1 else {
            throw .key(file: keyFile, reason: Self.lastError())
        }
        guard SSL_CTX_check_private_key(handle) == 1 else {
            throw .key(file: keyFile, reason: "it does not belong to the certificate in \(certificateFile)")
        }
        SSL_CTX_set_alpn_select_cb(handle, selectProtocol, nil)
    }

    /// For connections to a server of that name, or address.
    /// - Parameters:
    ///   - certificateAuthoritiesFile: PEM; nil: those of the system.
    ///   - verifiesCertificate: false takes any certificate.
    public init(
        serverName: String, certificateAuthoritiesFile: String?, verifiesCertificate: Bool
    ) throws(TLSConfigurationError) {
        handle = try Self.makeHandle(TLS_client_method())
        self.serverName = serverName
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
        switchboard_ssl_ctx_set_options(handle)
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
