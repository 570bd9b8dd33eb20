/// Host and port as they stand in a URL or a `Host` header (RFC 3986 §3.2), without user information. A literal IPv6
/// address keeps its brackets.
public struct Authority: Equatable, Sendable {
    public let host: String
    /// Nil if there is none that is a number.
    public let port: Int?

    /// Of a URL; empty if it is none.
    public init(ofURL url: String) {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        self.init(parts.count > 2 ? parts[2].prefix { $0 != "?" && $0 != "#" } : "")
    }

    /// The host as a socket wants it: a literal IPv6 address without its brackets.
    public var bareHost: String { Self.bare(host) }

    public static func bare(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    public init(_ text: Substring) {
        // What stands in front of it may be a password.
        let text = text.lastIndex(of: "@").map { text[text.index(after: $0)...] } ?? text
        let hostEnd = text.lastIndex(of: "]").map { text.index(after: $0) } ?? text.startIndex
        let colon = text[hostEnd...].firstIndex(of: ":") ?? text.endIndex
        host = String(text[..<colon])
        port = Int(text[colon...].dropFirst())
    }
}
