/// Host and port as they stand in a URL or a `Host` header (RFC 3986 §3.2), without user information. A literal IPv6
/// address keeps its brackets.
public struct Authority: Equatable, Sendable {
    public let host: String
    /// Nil if there is none that is a number.
    public let port: Int?

    public init(_ text: Substring) {
        // What stands in front of it may be a password.
        let text = text.lastIndex(of: "@").map { text[text.index(after: $0)...] } ?? text
        let hostEnd = text.lastIndex(of: "]").map { text.index(after: $0) } ?? text.startIndex
        let colon = text[hostEnd...].firstIndex(of: ":") ?? text.endIndex
        host = String(text[..<colon])
        port = Int(text[colon...].dropFirst())
    }
}
