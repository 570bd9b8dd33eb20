/// Why a request got no answer. The text is curl's, for people.
public enum ClientError: Error, Equatable, Sendable {
    /// Nothing was sent: the address can't be resolved or connected to.
    case cannotConnect(String)
    /// It may have been received and acted upon.
    case noAnswer(String)
    case timedOut(String)
    /// Nothing was sent: the server's certificate is not believed.
    case notTrusted(String)

    public var text: String {
        switch self {
        case .cannotConnect(let text), .noAnswer(let text), .timedOut(let text), .notTrusted(let text): text
        }
    }
}
