/// A frame to be written as it should not be, too.
struct TestFrame: Sendable {
    /// The first byte's high half: 8 is the last fragment, 4, 2 and 1 are reserved.
    var flags: UInt8 = 8
    var opcode: UInt8
    var payload: [UInt8]
    /// How many bytes the length takes: 0, 2 or 8; nil is the fewest.
    var lengthBytes: Int?
    /// Said instead of the true one.
    var length: UInt64?

    static func text(_ text: String, isFinal: Bool = true) -> TestFrame { bytes(1, Array(text.utf8), isFinal: isFinal) }
    static func more(_ text: String, isFinal: Bool = true) -> TestFrame { bytes(0, Array(text.utf8), isFinal: isFinal) }
    static func ping(_ text: String) -> TestFrame { bytes(9, Array(text.utf8)) }
    static func pong(_ text: String) -> TestFrame { bytes(10, Array(text.utf8)) }
    static func close(_ payload: [UInt8]) -> TestFrame { bytes(8, payload) }
    static func close(_ code: Int, _ reason: String = "") -> TestFrame {
        close([UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
    }

    static func bytes(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) -> TestFrame {
        TestFrame(flags: isFinal ? 8 : 0, opcode: opcode, payload: payload)
    }

    func encoded(mask: [UInt8]?) -> [UInt8] {
        let length = length ?? UInt64(payload.count)
        let lengthBytes = lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8)
        let short = lengthBytes == 0 ? UInt8(length) : lengthBytes == 2 ? 126 : 127
        var bytes = [flags << 4 | opcode, (mask == nil ? 0 : 0x80) | short]
        for at in (0..<lengthBytes).reversed() { bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(at * 8))) }
        guard let mask else { return bytes + payload }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }
}
