import COpenSSL
import Core
import Glibc

/// One side of one TLS connection on a non-blocking socket. It belongs to its channel's thread.
final class TLSSession {
    /// Enough to fill the loop's buffer with records of the usual size: who sends tiny ones leaves the others their turn.
    private static let recordsAtOnceMax = 16

    private let handle: OpaquePointer
    private var isBroken = false

    init?(context: TLSContext, fd: CInt) {
        guard let handle = SSL_new(context.handle) else { return nil }
        self.handle = handle
        SSL_set_fd(handle, fd)
        guard let serverName = context.serverName else {
            SSL_set_accept_state(handle)
            return
        }
        SSL_set_connect_state(handle)
        // A name is asked for by SNI, an address is not (RFC 6066 §3); the certificate has to be for either.
        if SSL_set1_host(handle, serverName) != 1 { return nil }
        if !Self.isAddress(serverName) { _ = switchboard_ssl_set_server_name(handle, serverName) }
    }

    private static func isAddress(_ name: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
    }

    deinit { SSL_free(handle) }

    /// Of a server: its client, if that has shown a certificate that was found to be good.
    var peer: TLSPeer? {
        guard SSL_is_init_finished(handle) == 1, SSL_get_verify_result(handle) == Int(X509_V_OK),
            let certificate = SSL_get0_peer_certificate(handle)
        else { return nil }
        var length = 0
        guard let text = switchboard_x509_subject(certificate, &length) else { return nil }
        defer { CRYPTO_free(text, nil, 0) }
        let subject = String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
        return TLSPeer(subject: subject, expirySeconds: switchboard_x509_expiry(certificate))
    }

    /// Decrypted bytes that the socket's readiness does not tell of.
    var hasPending: Bool { !isBroken && SSL_pending(handle) > 0 }

    /// What is read may cost much, as long as the two sides have not agreed on keys.
    var isHandshaking: Bool { !isBroken && SSL_is_init_finished(handle) == 0 }

    /// Reads until the buffer is full, the socket is empty, or it were many records: a call of OpenSSL yields one at most.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        var total = 0
        for _ in 0..<Self.recordsAtOnceMax where total < buffer.count {
            ERR_clear_error()
            let count = SSL_read(handle, buffer.baseAddress?.advanced(by: total), CInt(clamping: buffer.count - total))
            if count > 0 {
                total += Int(count)
                continue
            }
            if total > 0 { return .moved(total) }
            let result = result(of: count)
            if case .wouldBlock = result, SSL_want(handle) == SSL_WRITING { return .needsOutput }
            return result
        }
        return .moved(total)
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        guard !bytes.isEmpty else { return .moved(0) }
        ERR_clear_error()
        let count = SSL_write(handle, bytes.baseAddress, CInt(clamping: bytes.count))
        if count > 0 { return .moved(Int(count)) }
        let result = result(of: count)
        if case .wouldBlock = result, SSL_want(handle) == SSL_READING { return .needsInput }
        return result
    }

    /// Sends close_notify, as far as the socket takes it; the peer's own is not waited for.
    func shutdown() {
        guard !isBroken, SSL_is_init_finished(handle) == 1 else { return }
        isBroken = true
        ERR_clear_error()
        SSL_shutdown(handle)
    }

    private func result(of count: CInt) -> TransferResult {
        switch SSL_get_error(handle, count) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SYSCALL:
            let code = errno
            isBroken = true
            return code == 0 ? .ended : .failed(.failed(SystemError(operation: "TLS", code: code)))
        default:
            isBroken = true
            return .failed(.tlsFailed(TLSContext.lastError()))
        }
    }
}
