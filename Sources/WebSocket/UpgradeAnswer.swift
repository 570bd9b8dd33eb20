import HTTP1

/// A server's answer to a handshake, checked by the client (RFC 6455 §4.1).
public enum UpgradeAnswer {
    public enum Failure: Error, Equatable, Sendable {
        /// Any status but 101.
        case refused(status: Int)
        case notAnUpgrade
        case wrongAccept
        case unofferedSubprotocol(String)
        case unofferedExtension
    }

    /// The subprotocol that the server chose.
    public static func check(
        _ head: ResponseHead, expectedAccept: String, offered: [String]
    ) throws(Failure) -> String? {
        guard head.status == 101 else { throw .refused(status: head.status) }
        guard head.headers.hasToken("upgrade", "websocket"), head.headers.hasToken("connection", "upgrade") else {
            throw .notAnUpgrade
        }
        guard head.headers.all("sec-websocket-accept") == [expectedAccept] else { throw .wrongAccept }
        if head.headers.contains("sec-websocket-extensions") { throw .unofferedExtension }
        guard let chosen = head.headers.first("sec-websocket-protocol") else { return nil }
        guard offered.contains(chosen) else { throw .unofferedSubprotocol(chosen) }
        return chosen
    }
}
