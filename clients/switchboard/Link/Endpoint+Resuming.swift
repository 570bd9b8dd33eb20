extension Endpoint {
    private static let digits = Array("0123456789ABCDEF".utf8)
    private static let sessionItems: Set<Substring> = ["correlationid", "resume", "after"]

    /// The target that resumes a session, with what else the user's query says.
    func target(resuming correlationID: String, token: String, after sequence: UInt64?) -> String {
        var items = (query ?? "").split(separator: "&").filter { item in
            !Self.sessionItems.contains(item.prefix { $0 != "=" })
        }.map(String.init)
        items.append("correlationid=" + Self.encoded(correlationID))
        items.append("resume=" + Self.encoded(token))
        if let sequence { items.append("after=" + SequenceTracker.format(sequence)) }
        return path + "?" + items.joined(separator: "&")
    }

    /// What the user's query asks for.
    var afterSequence: UInt64? {
        (query ?? "").split(separator: "&").last { $0.hasPrefix("after=") }
            .flatMap { SequenceTracker.parse(String($0.dropFirst(6))) }
    }

    /// All but the unreserved characters (RFC 3986 §2.3) as escapes.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            default: bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
