/// Characters as RFC 9110 §5.6.2 and §5.5, and RFC 3986 §3.2.2, class them.
enum CharacterClass {
    /// One bit per ASCII character: `tchar`, what names and methods are made of.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        isMember(byte, 0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    }

    /// What a registered name or IPv4 address is made of, but the comma: it would let two merged `Host` fields pass.
    @inline(__always)
    static func isHost(_ byte: UInt8) -> Bool {
        isMember(byte, 0x2BFF_6FF2_0000_0000, 0x47FF_FFFE_87FF_FFFE)
    }

    /// Visible characters, blank, tab, and bytes beyond ASCII; no other control character.
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Where the run of field-value characters ends that begins at `start`: at most `end`. Eight bytes at a time while
    /// all of them are neither controls nor DEL.
    static func endOfFieldValue(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var at = start
        while true {
            while at + 8 <= end {
                let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                let deletes = word ^ ones &* 0x7F
                let isBelowBlank = (word &- ones &* 0x20) & ~word
                let isDelete = (deletes &- ones) & ~deletes
                if (isBelowBlank | isDelete) & (ones &* 0x80) != 0 { break }
                at += 8
            }
            let stop = min(at + 8, end)
            while at < stop, isFieldValue(bytes[at]) { at += 1 }
            if at < stop || at == end { return at }
        }
    }

    @inline(__always)
    private static func isMember(_ byte: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
        let bits = byte < 64 ? low : high
        return byte < 128 && bits >> UInt64(byte & 63) & 1 == 1
    }
}
