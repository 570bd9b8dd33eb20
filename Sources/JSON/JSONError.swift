/// Why a text is not JSON (RFC 8259), with the offset in bytes at which that shows.
public enum JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    case unexpectedEnd(at: Int)
    case unexpectedByte(at: Int)
    case badEscape(at: Int)
    case controlCharacter(at: Int)
    case badNumber(at: Int)
    case tooDeep(at: Int)
    case trailingBytes(at: Int)
    case invalidUTF8
    case notArray
    case notObject

    public var description: String {
        switch self {
        case .unexpectedEnd(let at): "it ends too early, at byte \(at)"
        case .unexpectedByte(let at): "an unexpected character at byte \(at)"
        case .badEscape(let at): "a bad escape at byte \(at)"
        case .controlCharacter(let at): "a control character in a string, at byte \(at)"
        case .badNumber(let at): "a malformed number at byte \(at)"
        case .tooDeep(let at): "nested too deep at byte \(at)"
        case .trailingBytes(let at): "something follows the value at byte \(at)"
        case .invalidUTF8: "it is not UTF-8"
        case .notArray: "it is no array"
        case .notObject: "it is no object"
        }
    }
}
