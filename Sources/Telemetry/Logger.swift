import Core
import Glibc
import JSON

/// Structured log records on standard error: one line each, as JSON or for people. From any thread.
///
/// Identical messages are limited: beyond so many a second they are counted, and the count stands on the next one that
/// gets through, so that a failing peer can't fill the disk.
///
/// Nobody waits for standard error: what it does not take at once, as when its disk is full or its reader stands still, is
/// lost, counted, and told as `lost_lines` by the next line that gets through.
///
/// A record that belongs to a span carries its ids as `trace_id` and `span_id`. What is written is also offered to `sink`.
public final class Logger: Sendable {
    public typealias Fields = KeyValuePairs<StaticString, AttributeValue>

    private static let identicalPerSecondMax = 10
    private static let templatesMax = 256

    private struct Window {
        var second: UInt64 = 0
        var lines = 0
        var suppressed = 0
    }

    public let service: String
    private let level: LogLevel
    private let isJSON: Bool
    private let isColored: Bool
    private let sink: TelemetryQueue<LogRecord>?
    private let windows = Mutex<[String: Window]>([:])
    private let output = Mutex(Output())
    private let descriptor: CInt

    private struct Output {
        /// Since the last line that was written.
        var lostLines = 0
        var lostLinesTotal: UInt64 = 0
    }

    /// - Parameters:
    ///   - sink: gets the records to be exported.
    ///   - descriptor: where lines go; standard error but for tests. It stays the caller's.
    public init(
        service: String, level: LogLevel = .info, format: LogFormat = .auto, sink: TelemetryQueue<LogRecord>? = nil,
        descriptor: CInt = STDERR_FILENO
    ) {
        self.service = service
        self.level = level
        self.sink = sink
        self.descriptor = descriptor
        let isTerminal = isatty(descriptor) == 1
        isJSON = format == .json || (format == .auto && !isTerminal)
        isColored = isTerminal && getenv("NO_COLOR") == nil
    }

    public func debug(
        _ message: StaticString, context: TraceContext? = nil, _ fields: @autoclosure () -> Fields = [:]
    ) {
        if level <= .debug { log(.debug, message, context, fields()) }
    }

    public func info(
        _ message: StaticString, context: TraceContext? = nil, _ fields: @autoclosure () -> Fields = [:]
    ) {
        if level <= .info { log(.info, message, context, fields()) }
    }

    public func warning(
        _ message: StaticString, context: TraceContext? = nil, _ fields: @autoclosure () -> Fields = [:]
    ) {
        if level <= .warning { log(.warning, message, context, fields()) }
    }

    public func error(
        _ message: StaticString, context: TraceContext? = nil, _ fields: @autoclosure () -> Fields = [:]
    ) {
        log(.error, message, context, fields())
    }

    /// A step on the way of one event, of which there are too many to print: it is printed at the level debug only, and
    /// exported whatever the level if the event's trace is sampled, so that trace and logs are found together.
    public func step(
        _ message: StaticString, context: TraceContext, _ fields: @autoclosure () -> Fields = [:]
    ) {
        if let sink, context.isSampled, context.isValid {
            let record = LogRecord(
                wallNanoseconds: SystemClock.wallNanoseconds(), level: .info, message: message,
                fields: fields().map { $0 }, context: context)
            sink.offer(record)
            if level <= .debug { print(record) }
        } else if level <= .debug {
            log(.debug, message, context, fields())
        }
    }

    private func log(_ level: LogLevel, _ message: StaticString, _ context: TraceContext?, _ fields: Fields) {
        let now = SystemClock.wallNanoseconds()
        guard let suppressed = admit(message.description, now / 1_000_000_000) else { return }
        let record = LogRecord(
            wallNanoseconds: now, level: level, message: message,
            fields: fields.map { $0 } + (suppressed > 0 ? [("suppressed", .integer(suppressed))] : []),
            context: context ?? .none)
        print(record)
        sink?.offer(record)
    }

    /// Lines that standard error did not take.
    public var lostLines: UInt64 { output.withLock { $0.lostLinesTotal } }

    private func print(_ record: LogRecord) {
        // One at a time, so that the lines of several threads stay whole.
        output.withLock { output in
            var record = record
            if output.lostLines > 0 {
                record = LogRecord(
                    wallNanoseconds: record.wallNanoseconds, level: record.level, message: record.message,
                    fields: record.fields + [("lost_lines", .integer(output.lostLines))], context: record.context)
            }
            if OutputLine.offer(isJSON ? jsonLine(record) : textLine(record), to: descriptor) {
                output.lostLines = 0
            } else {
                output.lostLines += 1
                output.lostLinesTotal += 1
            }
        }
    }

    /// How many such records were left out before this one; nil if it is to be left out too.
    private func admit(_ template: String, _ second: UInt64) -> Int? {
        windows.withLock { windows in
            if windows.count > Self.templatesMax { windows.removeAll() }
            var window = windows[template] ?? Window()
            if window.second != second {
                window.second = second
                window.lines = 0
            }
            window.lines += 1
            let isAdmitted = window.lines <= Self.identicalPerSecondMax
            let suppressed = window.suppressed
            window.suppressed = isAdmitted ? 0 : suppressed + 1
            windows[template] = window
            return isAdmitted ? suppressed : nil
        }
    }

    func jsonLine(_ record: LogRecord) -> [UInt8] {
        var line: [UInt8] = []
        line.append("{\"time\":\"")
        RFC3339.append(wallNanoseconds: record.wallNanoseconds, to: &line)
        line.append("\",\"level\":\"")
        line.append(utf8: record.level.rawValue)
        line.append("\",\"service\":")
        JSONWriter.appendString(service, to: &line)
        line.append(",\"message\":")
        JSONWriter.appendString(record.message.description, to: &line)
        for (name, value) in Self.allFields(record) {
            line.append(",\"")
            line.append(name)
            line.append("\":")
            switch value {
            case .string(let text): JSONWriter.appendString(text, to: &line)
            case .integer(let number): line.append(utf8: String(number))
            case .double(let number): line.append(utf8: number.isFinite ? "\(number)" : "\"\(number)\"")
            case .bool(let flag): line.append(utf8: flag ? "true" : "false")
            }
        }
        line.append("}\n")
        return line
    }

    func textLine(_ record: LogRecord) -> [UInt8] {
        var line: [UInt8] = []
        var time: [UInt8] = []
        RFC3339.append(wallNanoseconds: record.wallNanoseconds, to: &time)
        line.append(contentsOf: time[11..<23])
        line.append(utf8: " \(color(of: record.level))\(record.level.rawValue)\(isColored ? "\u{1B}[0m" : "")")
        line.append(utf8: " \(service): \(record.message)")
        for (name, value) in Self.allFields(record) {
            switch value {
            case .string(let text): line.append(utf8: " \(name)=\(Self.printable(text))")
            case .integer(let number): line.append(utf8: " \(name)=\(number)")
            case .double(let number): line.append(utf8: " \(name)=\(number)")
            case .bool(let flag): line.append(utf8: " \(name)=\(flag)")
            }
        }
        line.append(0x0A)
        return line
    }

    private static func allFields(_ record: LogRecord) -> [(key: StaticString, value: AttributeValue)] {
        guard record.context.isValid else { return record.fields }
        return record.fields + [
            ("trace_id", .string(record.context.traceIDText)), ("span_id", .string(record.context.spanIDText)),
        ]
    }

    private func color(of level: LogLevel) -> String {
        guard isColored else { return "" }
        switch level {
        case .debug: return "\u{1B}[2m"
        case .info: return "\u{1B}[32m"
        case .warning: return "\u{1B}[33m"
        case .error: return "\u{1B}[31m"
        }
    }

    /// Remote text must not steer a terminal.
    private static func printable(_ text: String) -> String {
        let safe = String(
            text.unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? "?" : Character($0) })
        return safe.contains(" ") ? "\"\(safe)\"" : safe
    }
}
