import Broker
import Core
import JSON

/// Dead letters as people and programs read them.
enum DeadLetterText {
    static let heading = row("DIED", "REASON", "QUEUE", "TYPE", "ID", "SESSION")

    private static func row(_ columns: String...) -> String {
        let widths = [20, 14, 18, 20, 36]
        var text = ""
        for (index, column) in columns.enumerated() {
            text += column
            guard index < widths.count else { break }
            text += String(repeating: " ", count: max(1, widths[index] - DisplayWidth.of(column) + 2))
        }
        return text
    }

    static func line(_ letter: DeadLetter) -> String {
        func shown(_ text: String?) -> String { text.map { $0.isEmpty ? "-" : Printable.text($0) } ?? "-" }
        return row(
            shown(letter.diedAt), shown(letter.death?.reason), shown(letter.death?.queue), shown(letter.type),
            shown(letter.id), shown(letter.session))
    }

    /// All of one.
    static func lines(_ letter: DeadLetter) -> [String] {
        let death = letter.death
        var rows: [(String, String?)] = [
            ("id", letter.id), ("type", letter.type), ("source", letter.event?.source), ("session", letter.session),
            ("answers", letter.event?.causationID), ("reason", death?.reason), ("queue", death?.queue),
            ("exchange", death.map { $0.exchange.isEmpty ? "(default)" : $0.exchange }),
            ("routing key", death?.routingKey), ("published", letter.publishedAt), ("died", letter.diedAt),
            ("expires", letter.event?.string(.expirytime)), ("trace", letter.traceID),
        ]
        if letter.message.isBatch { rows.append(("travelled", "with others in one message")) }
        var lines: [String] = []
        for (name, value) in rows {
            guard let value else { continue }
            lines.append(name + String(repeating: " ", count: 13 - name.count) + Printable.text(value))
        }
        guard letter.event != nil else {
            return lines + ["no event:", Printable.text(letter.bytes)]
        }
        return lines + ["event:"]
            + IndentedJSON.text(letter.bytes).split(separator: "\n").map { "  " + Printable.text(String($0)) }
    }

    /// One line of JSON.
    static func json(_ letter: DeadLetter, withEvent: Bool, adding outcome: String? = nil) -> String {
        var bytes: [UInt8] = [0x7B]
        func add(_ name: String, _ value: String?) {
            if bytes.count > 1 { bytes.append(0x2C) }
            JSONWriter.appendString(name, to: &bytes)
            bytes.append(0x3A)
            if let value { JSONWriter.appendString(value, to: &bytes) } else { bytes += Array("null".utf8) }
        }
        if let outcome { add("outcome", outcome) }
        add("id", letter.id)
        add("type", letter.type)
        add("source", letter.event?.source)
        add("correlationid", letter.session)
        add("causationid", letter.event?.causationID)
        add("reason", letter.death?.reason)
        add("queue", letter.death?.queue)
        add("exchange", letter.death?.exchange)
        add("routingkey", letter.death?.routingKey)
        add("publishedat", letter.publishedAt)
        add("diedat", letter.diedAt)
        add("traceid", letter.traceID)
        if withEvent {
            if letter.event != nil {
                bytes += Array(",\"event\":".utf8) + letter.bytes
            } else {
                add("body", String(decoding: letter.bytes, as: UTF8.self))
            }
        }
        bytes.append(0x7D)
        return String(decoding: bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }, as: UTF8.self)
    }
}
