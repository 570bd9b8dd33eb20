import CLinux
import Core
import Glibc
import Reactor

/// Opens sockets to one server without waiting for them.
struct SocketOpener {
    /// The kernel looks ever longer for a free port when most of an address's are taken.
    private static let socketsPerOrigin = 12_000

    private var address = sockaddr_storage()
    private var length: socklen_t = 0
    let tls: TLSContext?

    /// Looks the host up, which may take a while.
    init(_ options: ConnectionOptions) throws(UsageError) {
        let endpoint = options.endpoint
        let host = endpoint.bareHost
        let code = clinux_resolve(host, UInt16(clamping: endpoint.port), &address, &length)
        guard code == 0 else {
            throw UsageError("the host \(Printable.text(host)) can't be found: \(String(cString: gai_strerror(code)))")
        }
        guard endpoint.isSecure else {
            tls = nil
            return
        }
        do throws(TLSConfigurationError) {
            tls = try TLSContext(
                serverName: host, certificateAuthoritiesFile: options.certificateAuthoritiesFile,
                verifiesCertificate: options.verifiesCertificate)
        } catch { throw UsageError("\(error)") }
    }

    /// - Parameters:
    ///   - number: of the socket among all.
    ///   - receiveBytes: of the kernel's buffer; 0: as it likes.
    func open(number: Int, receiveBytes: Int = 0) throws(SystemError) -> CInt {
        var address = address
        let fd = clinux_connect(
            &address, length, UInt32(truncatingIfNeeded: number / Self.socketsPerOrigin), CInt(clamping: receiveBytes))
        guard fd >= 0 else { throw SystemError(operation: "connect", code: errno) }
        return fd
    }
}
