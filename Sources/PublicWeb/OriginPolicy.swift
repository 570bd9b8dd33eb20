import Core

/// From which web pages browsers may come (RFC 6454). What sends no `Origin` is no browser, and not kept out by it.
struct OriginPolicy: Equatable, Sendable {
    private let origins: Set<[UInt8]>
    private let allowsAll: Bool
    private let allowsLoopback: Bool

    /// - Parameters:
    ///   - origins: nil: those of this machine if only this machine can come at all, and otherwise none.
    ///   - isLoopback: whether the listener is bound to loopback.
    init(origins: [String]?, isLoopback: Bool) {
        self.origins = Set((origins ?? []).map { Array($0.utf8) })
        allowsAll = origins?.contains("*") == true
        allowsLoopback = origins == nil && isLoopback
    }

    func allows(_ origin: UnsafeRawBufferPointer) -> Bool {
        allowsAll || origins.contains(Array(origin)) || allowsLoopback && Self.isLoopback(origin.text)
    }

    /// As browsers send it: scheme, host in lower case, port unless it is the scheme's own; nothing behind.
    static func isOrigin(_ text: String) -> Bool {
        if text == "*" || text == "null" { return true }
        guard let authority = authority(of: text), !authority.isEmpty else { return false }
        return authority.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x3A, 0x61...0x7A, 0x2D, 0x2E, 0x5B, 0x5D, 0x5F: true
            default: false
            }
        }
    }

    private static func authority(of origin: String) -> Substring? {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) { return origin.dropFirst(scheme.count) }
        return nil
    }

    private static func isLoopback(_ origin: String) -> Bool {
        isOrigin(origin) && LoopbackAddress.contains(Authority(ofURL: origin).bareHost)
    }
}
