/// A sequence as clients write it: decimal digits, padded or not.
enum SequenceText {
    /// Nil if it is anything else, or beyond 64 bits.
    static func parse(_ text: String) -> UInt64? {
        guard (1...20).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return UInt64(text)
    }
}
