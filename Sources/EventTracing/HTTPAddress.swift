/// The parts of an `http` or `https` URL that a span names.
struct HTTPAddress {
    let host: String
    let port: Int?
    let path: String

    init(_ url: String) {
        let isTLS = url.hasPrefix("https://")
        var rest = url[...]
        for scheme in ["http://", "https://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        let authority = rest.prefix { $0 != "/" }
        let behind = rest.dropFirst(authority.count)
        path = behind.isEmpty ? "/" : String(behind)
        let end = authority.lastIndex(of: "]").map { authority.index(after: $0) } ?? authority.startIndex
        guard let colon = authority[end...].firstIndex(of: ":") else {
            host = String(authority)
            port = url == authority ? nil : isTLS ? 443 : 80
            return
        }
        host = String(authority[..<colon])
        port = Int(authority[authority.index(after: colon)...])
    }
}
