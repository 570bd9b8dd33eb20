import Core
import Foundation
import Testing

@testable import Telemetry

@Suite struct LoggerTests {
    private static let nasty = "a\"b\\c\nd\r\u{1B}[31m\u{9B}é\u{0}"

    private static func record(
        _ level: LogLevel, _ fields: [(key: StaticString, value: AttributeValue)], _ context: TraceContext = .none
    ) -> LogRecord {
        LogRecord(
            wallNanoseconds: 1_800_000_000_123_456_789, level: level, message: "it happened", fields: fields,
            context: context)
    }

    @Test func aJSONLineIsOneObject() throws {
        let logger = Logger(service: "s\"1", level: .info, format: .json)
        let line = logger.jsonLine(
            Self.record(
                .warning,
                [
                    (key: "text", value: .string(Self.nasty)), (key: "count", value: .integer(-3)),
                    (key: "on", value: .bool(true)),
                ]))
        #expect(line.last == 0x0A && line.filter { $0 == 0x0A }.count == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        #expect(object["time"] as? String == "2027-01-15T08:00:00.123456Z")
        #expect(object["level"] as? String == "warning" && object["service"] as? String == "s\"1")
        #expect(object["message"] as? String == "it happened" && object["text"] as? String == Self.nasty)
        #expect(object["count"] as? Int == -3 && object["on"] as? Bool == true)
    }

    @Test func aTextLineCannotSteerATerminal() {
        let logger = Logger(service: "s", level: .info, format: .text)
        let line = logger.textLine(Self.record(.error, [(key: "text", value: .string(Self.nasty))]))
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.hasPrefix("08:00:00.123 ") && text.hasSuffix("\n"))
        #expect(
            !text.dropLast().unicodeScalars.contains {
                ($0.value < 0x20 && $0.value != 0x1B) || (0x7F..<0xA0).contains($0.value)
            })
        #expect(!text.contains("\u{1B}[31ma") && text.contains("text="))
    }

    @Test func aRecordOfASpanCarriesItsIDs() throws {
        let context = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1)
        let record = Self.record(.info, [(key: "event_id", value: .string("e"))], context)
        let line = Logger(service: "s", format: .json).jsonLine(record)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        #expect(object["trace_id"] as? String == context.traceIDText && context.traceIDText.count == 32)
        #expect(object["span_id"] as? String == "0000000000000003" && object["event_id"] as? String == "e")
        let text = String(decoding: Logger(service: "s", format: .text).textLine(record), as: UTF8.self)
        #expect(text.contains(" event_id=e trace_id=\(context.traceIDText) span_id=0000000000000003"))
    }

    /// Without anybody who reads, a line more than the pipe holds would wait for ever.
    @Test func aReaderThatStandsStillHoldsUpNobody() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let logger = Logger(service: "s", format: .json, descriptor: ends[1])
        var written = 0
        let text = String(repeating: "x", count: 3000)
        while logger.lostLines < 3, written < 1000 {
            // Each with a text of its own: identical ones are limited.
            for message: StaticString in ["a", "b", "c", "d", "e", "f"] {
                logger.error(message, ["text": .string(text)])
            }
            written += 6
        }
        let lost = logger.lostLines
        #expect(lost >= 3)
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(ends[0], &bytes, bytes.count)
        #expect(count > 3000)
        logger.error("g")
        let rest = read(ends[0], &bytes, bytes.count)
        let line = String(decoding: bytes.prefix(max(0, rest)), as: UTF8.self)
        #expect(line.hasSuffix("\"message\":\"g\",\"lost_lines\":\(lost)}\n"), "\(line)")
    }

    @Test func anErrorOfTheDiskIsCounted() throws {
        let full = open("/dev/full", O_WRONLY)
        try #require(full >= 0)
        defer { close(full) }
        let logger = Logger(service: "s", format: .json, descriptor: full)
        logger.error("a")
        logger.error("b")
        #expect(logger.lostLines == 2)
    }

    @Test func whatIsWrittenIsAlsoOffered() {
        let sink = TelemetryQueue<LogRecord>(elementsMax: 2, batchMax: 2) {}
        let logger = Logger(service: "test", level: .warning, format: .json, sink: sink)
        let context = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1)
        logger.info("not written")
        logger.warning("written, to test the sink", context: context, ["a": .double(1.5)])
        logger.error("written too, to test the sink", context: TraceContext.none)
        logger.error("written, but the sink is full")
        var records: [LogRecord] = []
        sink.take(into: &records)
        #expect(records.map(\.level) == [.warning, .error] && sink.dropped == 1)
        #expect(records.map(\.context) == [context, .none])
        #expect(records[0].fields.map(\.value) == [.double(1.5)])
    }

    @Test func levelsAreOrdered() {
        #expect(LogLevel.debug < .info && LogLevel.info < .warning && LogLevel.warning < .error)
        #expect(LogLevel.allCases.count == 4)
    }
}
