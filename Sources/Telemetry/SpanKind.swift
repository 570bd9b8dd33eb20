/// A span's role towards its neighbours; the raw value is OTLP's.
public enum SpanKind: UInt8, Sendable {
    case `internal` = 1
    case server = 2
    case client = 3
    case producer = 4
    case consumer = 5
}
