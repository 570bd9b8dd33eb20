/// Whether a server asks its clients for certificates.
public struct TLSClientVerification: Equatable, Sendable {
    /// Who may sign them, a PEM file.
    public var authoritiesFile: String
    /// False lets in clients without a certificate; one that is shown has to be good all the same.
    public var isRequired: Bool

    public init(authoritiesFile: String, isRequired: Bool = true) {
        self.authoritiesFile = authoritiesFile
        self.isRequired = isRequired
    }
}
