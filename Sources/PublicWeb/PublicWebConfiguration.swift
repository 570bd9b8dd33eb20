import Core
import Reactor
import TierSecurity

/// What a public-web process is told.
public struct PublicWebConfiguration: Sendable {
    public var host = "127.0.0.1"
    public var port: UInt16 = 8080
    public var internalHost = "127.0.0.1"
    public var internalPort: UInt16 = 8081
    /// Where dispatchers reach the internal listener; made of host and port by default.
    public var internalURL: String?
    public var dispatcherURL = "http://127.0.0.1:8082"
    public var internalSecret: [UInt8]?
    public var loops = 1
    public var echoPath: String?
    public var tlsCertificateFile: String?
    public var tlsKeyFile: String?
    /// Whether clients of the public listener show certificates.
    public var tlsClients: TLSClientVerification?
    public var tierTLS = TierTLS()
    public var drainMilliseconds: UInt64 = 5000
    public var descriptorsMax = 1024
    /// Nil: open mode.
    var authentication: ClientAuthentication?
    /// Open mode also beyond loopback.
    public var isOpenToAll = false
    /// Pages from which browsers may come; nil: as `OriginPolicy` says.
    public var origins: [String]?
    var limits = PublicWebLimits()

    public init() {}
}
