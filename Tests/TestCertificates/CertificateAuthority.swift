import Foundation

/// Signs certificates for tests, by the openssl command, in a folder that is removed when it is let go.
public final class CertificateAuthority {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The files of a certificate.
    public struct Files: Sendable {
        public let certificate: String
        public let key: String
    }

    private let folder: String
    public var certificate: String { folder + "/ca.pem" }

    public init() throws {
        // As the programs do: OpenSSL writes without MSG_NOSIGNAL.
        signal(SIGPIPE, SIG_IGN)
        folder = NSTemporaryDirectory() + "switchboard-ca-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
            "-subj", "/O=Switchboard tests/CN=Authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", folder + "/ca.key", "-out", certificate,
        ])
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A certificate for a server on this machine and for a client, and its key.
    /// - Parameters:
    ///   - name: of its subject, and of its files.
    ///   - subject: in OpenSSL's syntax; `/` for none.
    public func issue(_ name: String, days: Int = 90, subject: String? = nil) throws -> Files {
        let (key, request, certificate) = ("\(folder)/\(name).key", "\(folder)/\(name).csr", "\(folder)/\(name).pem")
        let extensions = "\(folder)/\(name).ext"
        try """
        basicConstraints=critical,CA:FALSE
        keyUsage=critical,digitalSignature
        extendedKeyUsage=serverAuth,clientAuth
        subjectAltName=DNS:localhost,IP:127.0.0.1
        subjectKeyIdentifier=hash
        authorityKeyIdentifier=keyid
        """.write(toFile: extensions, atomically: true, encoding: .utf8)
        try Self.openssl([
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
            "-out",
            request, "-subj", subject ?? "/O=Switchboard tests/CN=\(name)",
        ])
        try Self.openssl([
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", folder + "/ca.key", "-CAcreateserial",
            "-days", "\(days)", "-sha256", "-extfile", extensions, "-out", certificate,
        ])
        return Files(certificate: certificate, key: key)
    }

    /// A further file beside them.
    public func write(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        return "\(folder)/\(name)"
    }

    /// Puts the files of one certificate in the place of another's.
    public func replace(_ old: Files, by new: Files) throws {
        for (path, source) in [(old.certificate, new.certificate), (old.key, new.key)] {
            try Data(contentsOf: URL(fileURLWithPath: source)).write(to: URL(fileURLWithPath: path), options: .atomic)
        }
    }

    @discardableResult
    public static func openssl(_ arguments: [String]) throws -> String {
        let (status, output) = try run(arguments)
        guard status == 0 else { throw Failure(description: "openssl \(arguments.joined(separator: " ")): \(output)") }
        return output
    }

    /// - Returns: its exit status, and all that it printed.
    public static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    /// The common name of the certificate that a server on this machine shows.
    public func nameShown(port: UInt16) throws -> String {
        let shown = try Self.run(["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", certificate]).output
        let line = shown.split(separator: "\n").first { $0.hasPrefix("subject=") } ?? ""
        return line.split(separator: "=").last.map { String($0.drop { $0 == " " }) } ?? ""
    }
}
