/// An RFC 9457 problem: what a client is told when something fails. `kind` is the identity; the text is for people.
public struct Problem: Error, Equatable, Sendable {
    public var kind: ProblemKind
    public var detail: String
    /// After how many seconds a retry makes sense; goes into `Retry-After`.
    public var retryAfterSeconds: Int?

    public init(_ kind: ProblemKind, _ detail: String, retryAfterSeconds: Int? = nil) {
        self.kind = kind
        self.detail = detail
        self.retryAfterSeconds = retryAfterSeconds
    }
}
