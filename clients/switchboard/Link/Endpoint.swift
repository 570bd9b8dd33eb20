import Core

/// Where a gateway is, as a person wrote it.
struct Endpoint: Equatable {
    var isSecure = false
    var host = "127.0.0.1"
    var port = 8080
    var path = "/ws"
    var query: String?

    init() {}

    /// Takes `ws://`, `wss://`, `http://` and `https://`, or no scheme; port and path may be missing.
    init(parsing text: String) throws(UsageError) {
        var rest = text[...]
        var defaultPort: Int?
        if let separator = text.firstRange(of: "://") {
            switch text[..<separator.lowerBound].lowercased() {
            case "ws", "http": defaultPort = 80
            case "wss", "https":
                isSecure = true
                defaultPort = 443
            case let scheme:
                throw UsageError("`\(scheme)://` is not spoken here: use ws://, wss://, http:// or https://")
            }
            rest = text[separator.upperBound...]
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        try parse(authority: authority, defaultPort: defaultPort ?? 8080, in: text)
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        if let first = parts.first, !first.isEmpty, first != "/" { path = String(first) }
        if parts.count == 2 { query = String(parts[1]) }
    }

    private mutating func parse(authority: Substring, defaultPort: Int, in text: String) throws(UsageError) {
        guard !authority.isEmpty, !authority.contains("@") else { throw UsageError("`\(text)` names no host") }
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw UsageError("`\(text)` names no host") }
            host = String(authority[...bracket])
            let rest = authority[authority.index(after: bracket)...]
            portText = rest.hasPrefix(":") ? rest.dropFirst() : nil
            guard rest.isEmpty || portText != nil else { throw UsageError("`\(text)` has a malformed host") }
        } else {
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = String(parts[0])
            portText = parts.count == 2 ? parts[1] : nil
        }
        port = defaultPort
        if let portText {
            guard let number = Int(portText), (1...65_535).contains(number) else {
                throw UsageError("`\(portText)` is no port: a number from 1 to 65535")
            }
            port = number
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw UsageError("`\(text)` names no host")
        }
    }

    /// For connecting and for plain HTTP.
    var httpURL: String { "\(isSecure ? "https" : "http")://\(host):\(port)" }
    var webSocketURL: String { "\(isSecure ? "wss" : "ws")://\(host):\(port)\(target)" }
    var target: String { path + (query.map { "?\($0)" } ?? "") }
}

extension Endpoint {
    /// Without the brackets around an IPv6 address.
    var bareHost: String { Authority.bare(host) }
}
