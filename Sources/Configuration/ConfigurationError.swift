/// What is wrong with a program's settings, and where it came from.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible, Sendable {
    case unexpectedArgument(String)
    case unknownFlag(String, nearest: String?)
    case repeatedFlag(String)
    case missingValue(String)
    case badValue(origin: String, value: String?, expectation: String)
    case badFile(String, String)
    case unknownKey(String, file: String, nearest: String?)
    case unreadableSecret(origin: String, path: String)

    public var description: String {
        switch self {
        case .unexpectedArgument(let text): "`\(text)` is not expected here"
        case .unknownFlag(let flag, let nearest): "there is no flag \(flag)" + Self.hint(nearest)
        case .repeatedFlag(let flag): "\(flag) is given twice"
        case .missingValue(let flag): "\(flag) wants a value"
        case .badValue(let origin, let value?, let expectation): "\(origin) is `\(value)`, but must be \(expectation)"
        case .badValue(let origin, nil, let expectation): "\(origin) must be \(expectation)"
        case .badFile(let path, let reason): "the configuration file \(path) can't be used: \(reason)"
        case .unknownKey(let key, let file, let nearest): "\(file) has an unknown key `\(key)`" + Self.hint(nearest)
        case .unreadableSecret(let origin, let path): "\(origin): the file \(path) can't be read"
        }
    }

    private static func hint(_ nearest: String?) -> String { nearest.map { "; did you mean \($0)?" } ?? "" }
}
