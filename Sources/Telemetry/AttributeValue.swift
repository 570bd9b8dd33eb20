/// The value of a log field, or of an attribute of a span, event, link or resource.
public enum AttributeValue: Hashable, Sendable {
    case string(String)
    case integer(Int)
    case double(Double)
    case bool(Bool)
}
