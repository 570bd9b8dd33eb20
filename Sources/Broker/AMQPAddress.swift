import Core

/// Where a broker is and who asks: the parts of an `amqp://` or `amqps://` URL (RabbitMQ URI specification).
struct AMQPAddress: Equatable, Sendable {
    var isTLS = false
    var host = "localhost"
    var port = 5672
    var user = "guest"
    var password = "guest"
    var virtualHost = "/"

    /// `amqp[s]://[user[:password]@]host[:port][/vhost]`, its parts percent-encoded. Without a path, and with an empty
    /// one, the virtual host is `/`.
    init(url: String) throws(BrokerConfigurationError) {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].last == ":", parts[1].isEmpty else {
            throw .malformedURL(Self.redacted(url))
        }
        switch parts[0].lowercased() {
        case "amqp:": break
        case "amqps:":
            isTLS = true
            port = 5671
        default: throw .unknownScheme(String(parts[0].dropLast().prefix(16)))
        }
        guard parse(authority: parts[2]), parts.count < 4 || parse(path: parts[3]) else {
            throw .malformedURL(Self.redacted(url))
        }
    }

    private mutating func parse(authority: Substring) -> Bool {
        var place = authority
        if let at = authority.lastIndex(of: "@") {
            let credentials = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(credentials[0]) else { return false }
            user = name
            if credentials.count == 2 {
                guard let secret = Self.decoded(credentials[1]) else { return false }
                password = secret
            }
            place = authority[authority.index(after: at)...]
        }
        var portText: Substring?
        if place.first == "[", let end = place.firstIndex(of: "]") {
            host = String(place[place.index(after: place.startIndex)..<end])
            let rest = place[place.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { return false }
            portText = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            let pieces = place.split(separator: ":", omittingEmptySubsequences: false)
            guard pieces.count <= 2, let name = Self.decoded(pieces[0]) else { return false }
            host = name
            portText = pieces.count == 2 ? pieces[1] : nil
        }
        if let portText {
            guard let number = Int(portText), (1...65_535).contains(number) else { return false }
            port = number
        }
        return !host.isEmpty
    }

    private mutating func parse(path: Substring) -> Bool {
        guard !path.contains("/"), !path.contains("?"), let name = Self.decoded(path) else { return false }
        if !name.isEmpty { virtualHost = name }
        return name.utf8.count <= 255
    }

    /// Percent-decoded; nil if malformed. NUL is refused, as the C library would end the text there.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte != 0x25 {
                bytes.append(byte)
                continue
            }
            guard let first = rest.popFirst(), let second = rest.popFirst(), let high = Hexadecimal.value(of: first),
                let low = Hexadecimal.value(of: second)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// The URL without its credentials, for messages. Without an `@` it is not known which part is a password.
    private static func redacted(_ url: String) -> String {
        let scheme = url.firstRange(of: "://").map { url[..<$0.upperBound] } ?? ""
        return "\(scheme)…\(url.lastIndex(of: "@").map { url[$0...] } ?? "")"
    }

    /// Host and port, for messages.
    var place: String { "\(host):\(port)" }
}
