import Core

/// The id of a request: its run, its session, and its number there. Hexadecimal, always of the same length, so that it
/// can be written over the one before.
enum RequestName {
    static let bytes = 28
    private static let runDigits = 8
    private static let sessionDigits = 8

    /// - Parameter place: `bytes` bytes.
    static func write(run: UInt32, session: UInt32, number: UInt64, into place: UnsafeMutableRawBufferPointer) {
        write(UInt64(run), into: UnsafeMutableRawBufferPointer(rebasing: place[..<8]))
        write(UInt64(session), into: UnsafeMutableRawBufferPointer(rebasing: place[8..<16]))
        write(number, into: UnsafeMutableRawBufferPointer(rebasing: place[16..<bytes]))
    }

    private static func write(_ value: UInt64, into place: UnsafeMutableRawBufferPointer) {
        var rest = value
        for at in stride(from: place.count - 1, through: 0, by: -1) {
            place[at] = Hexadecimal.digit(UInt8(truncatingIfNeeded: rest & 15))
            rest >>= 4
        }
    }

    /// The request's number; nil if the text is no id of this session.
    static func number(_ text: UnsafeRawBufferPointer, run: UInt32, session: UInt32) -> UInt64? {
        guard text.count == bytes, Hexadecimal.number(text.slice(0..<runDigits)) == UInt64(run),
            Hexadecimal.number(text.slice(runDigits..<runDigits + sessionDigits)) == UInt64(session)
        else { return nil }
        return Hexadecimal.number(text.slice(runDigits + sessionDigits..<bytes))
    }
}
