/// Texts of bounded length.
enum RecordedText {
    /// Room for the mark, with any number in it.
    private static let markBytes = 40

    /// - Returns: at most `max` bytes, the mark for what is missing among them, so that a second cut changes nothing.
    static func cut(_ utf8: UnsafeRawBufferPointer, max: Int) -> String {
        guard utf8.count > max else { return String(decoding: utf8, as: UTF8.self) }
        var end = max - markBytes
        while end > 0, utf8[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: utf8[..<end], as: UTF8.self) + "…[\(utf8.count - end) bytes cut]"
    }
}
