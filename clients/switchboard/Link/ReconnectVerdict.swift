/// Whether a lost connection is worth another try, and when.
enum ReconnectVerdict: Equatable {
    case never
    case backoff
    /// The server's slot for this client.
    case slot(milliseconds: UInt64)
    /// The server wants to be left alone for so long, by all clients alike.
    case notBefore(milliseconds: UInt64)

    /// What a server can make us wait.
    static let waitMillisecondsMax: UInt64 = 300_000
    private static let slotPrefix = "reconnect in "

    /// - Parameter code: nil for a close frame without one.
    static func of(closeCode code: UInt16?, reason: String) -> ReconnectVerdict {
        switch code {
        case 1001:
            guard reason.hasPrefix(slotPrefix),
                let milliseconds = decimal(reason.dropFirst(slotPrefix.count))
            else { return .backoff }
            return .slot(milliseconds: min(milliseconds, waitMillisecondsMax))
        case nil, 1011, 1012, 1013, 1014, 4003, 4008, 4029: return .backoff
        default: return .never
        }
    }

    static func of(_ refusal: HandshakeRefusal) -> ReconnectVerdict {
        switch refusal.status {
        case 408, 429, 500, 502, 503, 504:
            guard let seconds = refusal.retryAfterSeconds else { return .backoff }
            return .notBefore(milliseconds: min(seconds, waitMillisecondsMax / 1000) * 1000)
        // The session has a connection, which may be a former one of this client's whose end the server has not noticed: then
        // it says when to come again.
        case 409:
            return refusal.retryAfterSeconds.map {
                .notBefore(milliseconds: min($0, waitMillisecondsMax / 1000) * 1000)
            } ?? .never
        default: return .never
        }
    }

    static func of(_ failure: LinkFailure) -> ReconnectVerdict { failure.isAboutCertificate ? .never : .backoff }

    /// Digits alone, without the sign that `UInt64` would take.
    private static func decimal(_ text: Substring) -> UInt64? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(text)
    }
}
