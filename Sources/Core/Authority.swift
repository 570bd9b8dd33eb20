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
        // Bytes: they are cheaper than characters, of which each of these is one.
        let bytes = text.utf8
        // What stands in front of it may be a password.
        let start = bytes.lastIndex(of: UInt8(ascii: "@")).map { bytes.index(after: $0) } ?? bytes.startIndex
        let hostEnd = bytes[start...].lastIndex(of: UInt8(ascii: "]")).map { bytes.index(after: $0) } ?? start
        let colon = bytes[hostEnd...].firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        host = String(text[start..<colon])
        port = Int(text[colon...].dropFirst())
    }
}
