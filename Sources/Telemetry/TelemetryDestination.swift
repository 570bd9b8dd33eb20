/// Where a signal is posted to.
public struct TelemetryDestination: Equatable, Sendable {
    /// The whole address.
    public var url: String
    /// Whole lines, `Name: value`.
    public var headerLines: [String]
    /// For one POST.
    public var timeoutMilliseconds: Int
    /// A PEM file of authorities; nil: those of the system.
    public var certificateFile: String?

    public init(
        url: String, headerLines: [String] = [], timeoutMilliseconds: Int = 10_000, certificateFile: String? = nil
    ) {
        self.url = url
        self.headerLines = headerLines
        self.timeoutMilliseconds = timeoutMilliseconds
        self.certificateFile = certificateFile
    }
}
