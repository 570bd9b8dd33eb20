import Core
import JSON

/// The members of an event that a load looks at, found without building anything. Strings stand as they were written: the
/// names and ids that are looked for have no escapes.
struct AnswerScan {
    private(set) var type = 0..<0
    private(set) var causationID = 0..<0
    private(set) var sequence = 0..<0
    private(set) var traceparent = 0..<0
    private(set) var data = 0..<0

    /// Nil if it is no JSON object.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var found = (type: 0..<0, causationID: 0..<0, sequence: 0..<0, traceparent: 0..<0, data: 0..<0)
        do throws(JSONError) {
            try JSONScanner.forEachMember(bytes) { key, value in
                let name = bytes.slice(key)
                switch key.count {
                case 4:
                    if name.equals("type") { found.type = Self.inside(value, bytes) }
                    if name.equals("data") { found.data = value }
                case 8: if name.equals("sequence") { found.sequence = Self.inside(value, bytes) }
                case 11:
                    if name.equals("causationid") { found.causationID = Self.inside(value, bytes) }
                    if name.equals("traceparent") { found.traceparent = Self.inside(value, bytes) }
                default: break
                }
            }
        } catch { return nil }
        (type, causationID, sequence, traceparent, data) = found
    }

    /// What stands between the quotes; nothing for what is no string.
    private static func inside(_ value: Range<Int>, _ bytes: UnsafeRawBufferPointer) -> Range<Int> {
        guard value.count >= 2, bytes[value.lowerBound] == 0x22 else { return 0..<0 }
        return value.lowerBound + 1..<value.upperBound - 1
    }

    /// Nil unless the text is up to 16 decimal digits.
    static func number(_ text: UnsafeRawBufferPointer) -> UInt64? {
        guard (1...16).contains(text.count) else { return nil }
        var result: UInt64 = 0
        for byte in text {
            guard (0x30...0x39).contains(byte) else { return nil }
            result = result * 10 + UInt64(byte - 0x30)
        }
        return result
    }
}
