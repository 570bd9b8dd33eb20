/// A field's value.
public enum LogValue: Sendable {
    case string(String)
    case integer(Int)
    case bool(Bool)
}
