/// The value of an attribute or the body of a log (OTLP's `AnyValue`).
public enum RecordedValue: Equatable, Sendable {
    case none
    case string(String)
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    /// As it came, in base64.
    case bytes(String)
    case array([RecordedValue])
    case object([RecordedAttribute])

    /// For people, on one line.
    public var text: String {
        switch self {
        case .none: ""
        case .string(let text), .bytes(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .array(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
        case .object(let members): "{" + members.map { "\($0.key)=\($0.value.text)" }.joined(separator: ", ") + "}"
        }
    }

    /// About what it takes in memory.
    var byteCount: Int {
        switch self {
        case .none, .bool, .integer, .double: 32
        case .string(let text), .bytes(let text): 32 + text.utf8.count
        case .array(let values): values.reduce(64) { $0 + $1.byteCount }
        case .object(let members): members.reduce(64) { $0 + $1.byteCount }
        }
    }
}
