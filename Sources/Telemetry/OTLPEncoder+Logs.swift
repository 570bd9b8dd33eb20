import Core
import JSON

extension OTLPEncoder {
    static func append(record: LogRecord, to bytes: inout [UInt8]) {
        let (severity, text) = severity(record.level)
        bytes.append(utf8: "{\"severityNumber\":\(severity),\"severityText\":\"\(text)\"")
        append(time: "timeUnixNano", record.wallNanoseconds, to: &bytes)
        append(time: "observedTimeUnixNano", record.wallNanoseconds, to: &bytes)
        bytes.append(",\"body\":{\"stringValue\":")
        JSONWriter.appendString(record.message.description, to: &bytes)
        bytes.append(0x7D)
        if !record.fields.isEmpty {
            bytes.append(",\"attributes\":")
            append(record.fields.map { (name: $0.key.description, value: $0.value) }, to: &bytes)
        }
        if record.context.isValid {
            bytes.append(utf8: ",\"flags\":\(record.context.flags),")
            append(ids: record.context, to: &bytes)
        }
        bytes.append(0x7D)
    }

    /// The first number of each range of the logs data model.
    private static func severity(_ level: LogLevel) -> (Int, StaticString) {
        switch level {
        case .debug: (5, "DEBUG")
        case .info: (9, "INFO")
        case .warning: (13, "WARN")
        case .error: (17, "ERROR")
        }
    }
}
