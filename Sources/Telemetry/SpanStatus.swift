/// How what a span stands for has ended. Unset is the usual one; `ok` is for those who want to overrule an error.
public enum SpanStatus: Equatable, Sendable {
    case unset
    case ok
    case error(String)
}
