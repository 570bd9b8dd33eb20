import Core

/// A JSON value in memory: for configuration, routing tables and answers between the tiers, not for the hot path.
public indirect enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// As it was written, so that no digit is lost.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Members in their order; names can be repeated.
    case object([(String, JSONValue)])

    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left.elementsEqual(right) { $0.0 == $1.0 && $0.1 == $1.1 }
        default: false
        }
    }

    public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        try bytes.withBytes { bytes throws(JSONError) -> JSONValue in
            try JSONScanner.validate(bytes)
            let start = JSONScanner.skipSpace(bytes, 0)
            return try value(bytes, start..<(try JSONScanner.skipValue(bytes, at: start)))
        }
    }

    /// The last member of that name wins, as in most readers. Nil for other values.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.0 == name }?.1
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }

    public var integer: Int? { if case .number(let text) = self { Int(text) } else { nil } }

    public var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }

    public func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append("null")
        case .bool(let flag): bytes.append(utf8: flag ? "true" : "false")
        case .number(let text): bytes.append(utf8: text)
        case .string(let text): JSONWriter.appendString(text, to: &bytes)
        case .array(let elements):
            bytes.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                element.append(to: &bytes)
            }
            bytes.append(0x5D)
        case .object(let members):
            bytes.append(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                JSONWriter.appendString(member.0, to: &bytes)
                bytes.append(0x3A)
                member.1.append(to: &bytes)
            }
            bytes.append(0x7D)
        }
    }

    /// - Parameter range: of a value that was validated.
    private static func value(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(JSONError) -> JSONValue {
        let text = bytes.slice(range)
        switch text.first {
        case 0x6E: return .null
        case 0x74: return .bool(true)
        case 0x66: return .bool(false)
        case 0x22: return .string(string(text.slice(1..<text.count - 1)))
        case 0x5B:
            var ranges: [Range<Int>] = []
            try JSONScanner.forEachElement(text) { ranges.append($0) }
            var elements: [JSONValue] = []
            for range in ranges { elements.append(try value(text, range)) }
            return .array(elements)
        case 0x7B:
            var ranges: [(key: Range<Int>, value: Range<Int>)] = []
            try JSONScanner.forEachMember(text) { ranges.append(($0, $1)) }
            var members: [(String, JSONValue)] = []
            for range in ranges { members.append((string(text.slice(range.key)), try value(text, range.value))) }
            return .object(members)
        default: return .number(text.text)
        }
    }

    private static func string(_ raw: UnsafeRawBufferPointer) -> String {
        String(decoding: JSONWriter.unescape(raw) ?? Array(raw), as: UTF8.self)
    }
}
