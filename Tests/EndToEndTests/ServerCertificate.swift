import Testing

/// A fresh key and a certificate of its own for `localhost`, in a folder of their own.
struct ServerCertificate {
    let folder: TemporaryFolder
    var certificate: String { folder.path + "/certificate.pem" }
    var key: String { folder.path + "/key.pem" }

    init() throws {
        folder = try TemporaryFolder()
        let made = try RunningProgram.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                "-out",
                certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            ])
        try #require(made.status == 0, "\(made.errors)")
    }
}
