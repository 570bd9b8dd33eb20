import Core

/// The extension `servertiming`: where an answer's time went, in the syntax of the header `Server-Timing` (W3C Server
/// Timing §3), `name;dur=<milliseconds>` by comma. Every tier adds its own time, taken from its own clock.
public enum ServerTimings {
    /// Nothing is added to a longer value.
    private static let bytesMax = 800
    private static let nameBytesMax = 64

    /// With microseconds: `name;dur=1.234`. What a name may not have is written as a hyphen.
    public static func append(_ name: String, nanoseconds: UInt64, to output: inout [UInt8]) {
        for byte in name.utf8.prefix(nameBytesMax) {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: output.append(byte)
            default: output.append(0x2D)
            }
        }
        output.append(";dur=")
        let microseconds = nanoseconds / 1000
        output.append(decimal: microseconds / 1000)
        output.append(0x2E)
        output.append(decimal: microseconds % 1000, width: 3)
    }

    /// The attribute's value with one hop more. - Parameter earlier: its value so far; nil if the event has none.
    public static func append(
        to earlier: UnsafeRawBufferPointer?, adding name: String, nanoseconds: UInt64, to output: inout [UInt8]
    ) {
        if let earlier {
            output.append(bytes: earlier)
            guard earlier.count <= bytesMax else { return }
            output.append(0x2C)
        }
        append(name, nanoseconds: nanoseconds, to: &output)
    }

    /// An event with one hop more. - Parameters:
    ///   - bytes: of the event alone.
    ///   - value: where in them the attribute's value stands between its quotes; nil if the event has none.
    ///   - name: of the tier.
    public static func appendEvent(
        _ bytes: UnsafeRawBufferPointer, value: Range<Int>?, adding name: String, nanoseconds: UInt64,
        to output: inout [UInt8]
    ) {
        splice(bytes, value, &output) { append(name, nanoseconds: nanoseconds, to: &$0) }
    }

    /// As above, with hops that are written already: plain ASCII.
    public static func appendEvent(
        _ bytes: UnsafeRawBufferPointer, value: Range<Int>?, adding hops: UnsafeRawBufferPointer,
        to output: inout [UInt8]
    ) {
        splice(bytes, value, &output) { $0.append(bytes: hops) }
    }

    private static func splice(
        _ bytes: UnsafeRawBufferPointer, _ value: Range<Int>?, _ output: inout [UInt8], _ write: (inout [UInt8]) -> Void
    ) {
        guard let value, value.lowerBound > 0, value.upperBound < bytes.count else {
            output.append("{\"servertiming\":\"")
            write(&output)
            // An event has at least its required attributes, so a comma follows.
            output.append("\",")
            return output.append(bytes: bytes.slice(1..<bytes.count))
        }
        // A longer value than an attribute may have would make the event invalid.
        guard value.count <= bytesMax else { return output.append(bytes: bytes) }
        output.append(bytes: bytes.slice(0..<value.upperBound))
        output.append(0x2C)
        write(&output)
        output.append(bytes: bytes.slice(value.upperBound..<bytes.count))
    }

    /// All durations together, and those of hops whose names do not begin with a prefix; what is malformed counts as
    /// nothing.
    public static func sums(
        _ text: UnsafeRawBufferPointer, except prefix: StaticString
    ) -> (all: UInt64, others: UInt64) {
        var (all, others): (UInt64, UInt64) = (0, 0)
        var isOther = !text.hasPrefix(prefix)
        var at = 0
        while at < text.count {
            switch text[at] {
            case 0x2C:
                at += 1
                isOther = !text.slice(at..<text.count).hasPrefix(prefix)
            case 0x3B where at + 5 <= text.count && text.slice(at..<at + 5).equals(";dur="):
                at += 5
                let nanoseconds = number(text, &at)
                all &+= nanoseconds
                if isOther { others &+= nanoseconds }
            default: at += 1
            }
        }
        return (all, others)
    }

    /// Milliseconds with up to six decimals, as nanoseconds; 0 for more than eleven digits in front of the point.
    private static func number(_ text: UnsafeRawBufferPointer, _ at: inout Int) -> UInt64 {
        var value: UInt64 = 0
        var digits = 0
        while at < text.count, (0x30...0x39).contains(text[at]) {
            if digits < 12 { value = value * 10 + UInt64(text[at] - 0x30) }
            digits += 1
            at += 1
        }
        guard digits < 12 else { return 0 }
        value *= 1_000_000
        guard at < text.count, text[at] == 0x2E else { return value }
        at += 1
        var scale: UInt64 = 100_000
        while at < text.count, (0x30...0x39).contains(text[at]) {
            value += UInt64(text[at] - 0x30) * scale
            scale /= 10
            at += 1
        }
        return value
    }
}
