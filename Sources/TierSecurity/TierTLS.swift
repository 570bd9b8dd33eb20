import Configuration
import Core
import HTTPClient
import Reactor

/// The files of a tier's certificate, which it shows to the other tiers as a server and as a client, and of the authority
/// that signs theirs.
public struct TierTLS: Equatable, Sendable {
    /// Of the internal listener, which then speaks TLS, and of calls; nil with a certificate authority alone.
    public var certificateFile: String?
    public var keyFile: String?
    /// Whom the tiers trust, both ways: servers that are called, and clients, which then need a certificate. Nil: calls go
    /// to servers that the system's authorities know, and clients need none.
    public var authoritiesFile: String?

    public init(certificateFile: String? = nil, keyFile: String? = nil, authoritiesFile: String? = nil) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.authoritiesFile = authoritiesFile
    }

    /// Reads all of the files: later they may be others.
    public func load() throws(TLSConfigurationError) -> LoadedTierTLS {
        var loaded = LoadedTierTLS()
        loaded.policy.usesProxy = false
        if let authoritiesFile {
            // Whether they can be used, OpenSSL says.
            _ = try TLSContext(
                serverName: "localhost", certificateAuthoritiesFile: authoritiesFile, verifiesCertificate: true)
            loaded.policy.authorities = try Self.read(authoritiesFile)
        }
        if let certificateFile, let keyFile {
            loaded.server = try TLSContext(
                certificateFile: certificateFile, keyFile: keyFile,
                clients: authoritiesFile.map { TLSClientVerification(authoritiesFile: $0) })
            loaded.policy.identity = ClientIdentity(
                certificate: try Self.read(certificateFile), key: try Self.read(keyFile))
        }
        return loaded
    }

    private static func read(_ file: String) throws(TLSConfigurationError) -> [UInt8] {
        switch FileReader.read(file) {
        case .success(let bytes): return bytes
        case .failure(let error): throw .certificate(file: file, reason: error.description)
        }
    }
}
