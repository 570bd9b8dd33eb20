import Core

/// A request without its body (RFC 9112 §3).
public struct RequestHead: Sendable {
    public let method: HTTPMethod
    /// As received.
    public let target: String
    /// Of the target, not decoded; `*` for the asterisk form.
    public let path: String
    /// What stands behind the first `?`, not decoded.
    public let query: String?
    public let isHTTP11: Bool
    public let headers: HeaderFields
    public let keepAlive: Bool
    public let expectsContinue: Bool
    public let contentLength: Int?
    public let isChunked: Bool

    public var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    /// The first query item of that name, with `+` and percent escapes decoded. Nil if there is none or it is malformed.
    public func queryItem(_ name: String) -> String? {
        guard let query else { return nil }
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard Self.decoded(parts[0]) == name else { continue }
            return parts.count == 2 ? Self.decoded(parts[1]) : ""
        }
        return nil
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x2B: bytes.append(0x20)
            case 0x25:
                guard let high = rest.popFirst().flatMap(Hexadecimal.value), let low = rest.popFirst().flatMap(Hexadecimal.value)
                else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
