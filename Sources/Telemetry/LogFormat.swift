/// What a log line looks like.
public enum LogFormat: String, CaseIterable, Sendable {
    /// Text on a terminal, JSON otherwise.
    case auto
    case json
    case text
}
