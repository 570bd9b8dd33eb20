import Core
import JSON

/// One value within JSON text that was validated as a whole.
///
/// Nothing is built of what is not asked for, so members that are unknown cost no memory.
struct OTLPNode {
    /// The value's own text and nothing around it.
    private let bytes: UnsafeRawBufferPointer

    /// - Parameter text: validated.
    init(_ text: UnsafeRawBufferPointer) { bytes = text }

    var isObject: Bool { bytes.first { $0 > 0x20 } == 0x7B }

    /// Names come in lower camel case, whichever of protobuf's two ways they were written. A null counts as not there.
    func forEachMember(_ body: (_ name: String, _ value: OTLPNode) -> Void) {
        guard isObject else { return }
        // In validated text there is nothing to fail on.
        try? JSONScanner.forEachMember(bytes) { key, value in
            if bytes[value.lowerBound] == 0x6E { return }
            body(Self.camelCase(bytes.slice(key)), OTLPNode(bytes.slice(value)))
        }
    }

    func forEachElement(_ body: (OTLPNode) -> Void) {
        guard bytes.first == 0x5B else { return }
        try? JSONScanner.forEachElement(bytes) { body(OTLPNode(bytes.slice($0))) }
    }

    private static func camelCase(_ raw: UnsafeRawBufferPointer) -> String {
        guard raw.contains(where: { $0 == 0x5F || $0 == 0x5C }) else { return raw.text }
        var result: [UInt8] = []
        var raises = false
        for byte in JSONWriter.unescape(raw) ?? Array(raw) {
            if byte == 0x5F, !result.isEmpty {
                raises = true
            } else {
                result.append(raises && (0x61...0x7A).contains(byte) ? byte - 0x20 : byte)
                raises = false
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A string's bytes, unescaped; nil if it is no string.
    private var string: [UInt8]? {
        guard bytes.first == 0x22 else { return nil }
        let raw = bytes.slice(1..<bytes.count - 1)
        return JSONWriter.unescape(raw) ?? Array(raw)
    }

    /// A string, cut at so many bytes.
    func text(max: Int) -> String? { string?.withUnsafeBytes { RecordedText.cut($0, max: max) } }

    /// A string of hexadecimal digits, or empty for an empty one.
    func hexadecimal<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? { string?.withUnsafeBytes(body) }

    /// A number's text, whether it stands in quotes or not.
    private var numeral: String? {
        if bytes.first == 0x22 { return text(max: 64) }
        guard let first = bytes.first, first == 0x2D || (0x30...0x39).contains(first) else { return nil }
        return bytes.count <= 64 ? bytes.text : nil
    }

    var bool: Bool? {
        if bytes.equals("true") { return true }
        return bytes.equals("false") ? false : nil
    }

    /// 64-bit numbers are strings in protobuf's mapping; numbers, also with a fraction of zero, are taken as well.
    var signed: Int64? {
        guard let numeral else { return nil }
        return Int64(numeral) ?? Double(numeral).flatMap { Int64(exactly: $0) }
    }

    var unsigned: UInt64? {
        guard let numeral else { return nil }
        return UInt64(numeral) ?? Double(numeral).flatMap { UInt64(exactly: $0) }
    }

    /// Also `"NaN"`, `"Infinity"` and `"-Infinity"`.
    var double: Double? { numeral.flatMap(Double.init) }
}
