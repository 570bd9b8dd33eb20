/// How a peer broke the protocol. The connection is closed with the error's code.
public enum WebSocketError: Error, Equatable, CaseIterable, Sendable {
    case reservedBitsSet
    case unknownOpcode
    case maskMissing
    case maskNotAllowed
    case lengthNotMinimal
    case lengthTooLarge
    case controlFrameFragmented
    case controlFrameTooLong
    case continuationWithoutStart
    case messageInsideMessage
    case messageTooBig
    case invalidUTF8
    case badClosePayload
    case badCloseCode

    public var closeCode: CloseCode {
        switch self {
        case .messageTooBig: .messageTooBig
        case .invalidUTF8: .invalidPayload
        default: .protocolError
        }
    }

    /// At most 123 bytes, for the close frame.
    public var reason: String {
        switch self {
        case .reservedBitsSet: "reserved bits are set, but no extension was agreed on"
        case .unknownOpcode: "unknown opcode"
        case .maskMissing: "a client's frames must be masked"
        case .maskNotAllowed: "a server's frames must not be masked"
        case .lengthNotMinimal: "the length is not encoded in the fewest bytes"
        case .lengthTooLarge: "the length has its top bit set"
        case .controlFrameFragmented: "control frames can't be fragmented"
        case .controlFrameTooLong: "control frames have at most 125 bytes"
        case .continuationWithoutStart: "a continuation without a message"
        case .messageInsideMessage: "a new message inside a fragmented one"
        case .messageTooBig: "the message is too big"
        case .invalidUTF8: "text is not UTF-8"
        case .badClosePayload: "a close frame has no or at least two bytes"
        case .badCloseCode: "this close code can't be sent"
        }
    }
}
