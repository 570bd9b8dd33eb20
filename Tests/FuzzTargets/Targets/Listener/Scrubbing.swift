/// Takes out of a text what differs from run to run by intent: random numbers, times, durations.
enum Scrubbing {
    private static let timings = Array("\"servertiming\":\"".utf8)

    static func append(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) {
        var at = text.startIndex
        var isInsideNumber = false
        while at < text.endIndex {
            let rest = text[at...]
            if rest.starts(with: timings) {
                output.append(0x73)
                at = rest.dropFirst(timings.count).firstIndex(of: 0x22) ?? text.endIndex
                continue
            }
            let skipped = isInsideNumber ? 0 : max(identifierLength(rest), timeLength(rest))
            if skipped > 0 {
                output.append(0x7E)
                at += skipped
                continue
            }
            isInsideNumber = isHex(text[at]) || text[at] == 0x2D
            output.append(text[at])
            at += 1
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// A UUID, or a long number.
    private static func identifierLength(_ text: ArraySlice<UInt8>) -> Int {
        guard let first = text.first, isHex(first) else { return 0 }
        let length = text.prefix { isHex($0) || $0 == 0x2D }.count
        return length >= 14 ? length : 0
    }

    /// `2026-01-02T03:04:05.678Z`
    private static func timeLength(_ text: ArraySlice<UInt8>) -> Int {
        guard text.count >= 20, let first = text.first, isDigit(first), text[text.startIndex + 10] == 0x54 else {
            return 0
        }
        return text.prefix(40).prefix { isDigit($0) || [0x2D, 0x3A, 0x2E, 0x54, 0x5A].contains($0) }.count
    }
}
