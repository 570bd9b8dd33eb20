import Core

/// Why a request is no WebSocket handshake (RFC 6455 §4.2.1). An answer of 426 names `Upgrade: websocket` and
/// `Sec-WebSocket-Version: 13`.
public enum HandshakeError: Error, Equatable, CaseIterable, Sendable {
    case notGet
    case http10
    case noUpgrade
    case noConnectionUpgrade
    case wrongVersion
    case badKey
    case hasBody

    public var problemKind: ProblemKind {
        switch self {
        case .notGet: .methodNotAllowed
        case .noUpgrade, .wrongVersion, .http10: .upgradeRequired
        case .noConnectionUpgrade, .badKey, .hasBody: .malformedRequest
        }
    }

    public var detail: String {
        switch self {
        case .notGet: "A WebSocket handshake is a GET."
        case .http10: "A WebSocket handshake needs HTTP/1.1."
        case .noUpgrade: "This is a WebSocket: ask with `Upgrade: websocket`."
        case .noConnectionUpgrade: "`Connection: Upgrade` is missing."
        case .wrongVersion: "Only Sec-WebSocket-Version 13 is spoken."
        case .badKey: "Sec-WebSocket-Key is missing or not 16 bytes in Base64."
        case .hasBody: "A WebSocket handshake has no body."
        }
    }
}
