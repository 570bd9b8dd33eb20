/// Why a connection is closed (RFC 6455 §7.4, and the gateway's own from 4000 on).
public struct CloseCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let normal = CloseCode(rawValue: 1000)
    public static let goingAway = CloseCode(rawValue: 1001)
    public static let protocolError = CloseCode(rawValue: 1002)
    public static let unsupportedData = CloseCode(rawValue: 1003)
    public static let invalidPayload = CloseCode(rawValue: 1007)
    public static let policyViolation = CloseCode(rawValue: 1008)
    public static let messageTooBig = CloseCode(rawValue: 1009)
    public static let internalError = CloseCode(rawValue: 1011)
    public static let serviceRestart = CloseCode(rawValue: 1012)
    public static let tryAgainLater = CloseCode(rawValue: 1013)
    public static let sessionTakenOver = CloseCode(rawValue: 4001)
    public static let unauthenticated = CloseCode(rawValue: 4003)
    public static let tooSlow = CloseCode(rawValue: 4008)
    public static let rateLimited = CloseCode(rawValue: 4029)

    /// Whether a close frame may carry it (RFC 6455 §7.4, and the registry's 1012 to 1014).
    public var isValidOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
