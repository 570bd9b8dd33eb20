/// A log record that was written, to be exported.
public struct LogRecord: Sendable {
    public let wallNanoseconds: UInt64
    public let level: LogLevel
    public let message: StaticString
    public let fields: [(key: StaticString, value: AttributeValue)]
    /// `none` if it belongs to no span.
    public let context: TraceContext

    public init(
        wallNanoseconds: UInt64, level: LogLevel, message: StaticString,
        fields: [(key: StaticString, value: AttributeValue)], context: TraceContext = .none
    ) {
        self.wallNanoseconds = wallNanoseconds
        self.level = level
        self.message = message
        self.fields = fields
        self.context = context
    }
}
