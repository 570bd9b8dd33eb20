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

    @Test func levelsAreOrdered() {
        #expect(LogLevel.debug < .info && LogLevel.info < .warning && LogLevel.warning < .error)
        #expect(LogLevel.allCases.count == 4)
    }
}
