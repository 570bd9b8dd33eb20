import HTTPClient

/// Why there is no link; the text is for people.
struct LinkFailure: Error, Equatable, CustomStringConvertible {
    let description: String
    /// Over plain HTTP it would be the same.
    var isAboutCertificate = false

    init(_ description: String) { self.description = description }

    init(_ error: ClientError) {
        description = error.text
        if case .notTrusted = error { isAboutCertificate = true }
    }
}
