import WebSocket

/// Why the gateway ends a session's connection.
enum ConnectionEnd {
    case takenOver
    case tooSlow
    case goingAway(reconnectAfterMilliseconds: UInt64)
    case sessionClosed
    case sessionEnded
    case tokenExpired
    case tooFast

    var closeCode: CloseCode {
        switch self {
        case .takenOver: .sessionTakenOver
        case .tooSlow: .tooSlow
        case .goingAway: .goingAway
        case .sessionClosed: .normal
        case .sessionEnded: .policyViolation
        case .tokenExpired: .unauthenticated
        case .tooFast: .rateLimited
        }
    }

    var reason: String {
        switch self {
        case .takenOver: "the session was taken over by a newer connection"
        case .tooSlow: "the client does not read fast enough"
        case .goingAway(let milliseconds): "reconnect in \(milliseconds)"
        case .sessionClosed: "closed by the client"
        case .sessionEnded: "the session was ended"
        case .tokenExpired: "the token has expired"
        case .tooFast: "far more events than the rate allows"
        }
    }
}
