extension UnsafeRawBufferPointer {
    @inlinable
    public func equals(_ text: StaticString) -> Bool {
        equals(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// As `elementsEqual`, many bytes at a time.
    @inlinable
    public func equals(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { equals($0) } }

    @inlinable
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let bytes = baseAddress, let others = other.baseAddress else { return true }
        if count >= 8 { return Self.areEqual(bytes, others, count, by: UInt64.self) }
        if count >= 4 { return Self.areEqual(bytes, others, count, by: UInt32.self) }
        return Self.areEqual(bytes, others, count, by: UInt8.self)
    }

    /// Word by word; the last one may overlap the one before. Shorter than a word is only what is empty.
    @inlinable
    static func areEqual<Word: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawPointer, _ others: UnsafeRawPointer, _ count: Int, by word: Word.Type
    ) -> Bool {
        let last = count - MemoryLayout<Word>.size
        var at = 0
        while at < last {
            let same =
                bytes.loadUnaligned(fromByteOffset: at, as: word) == others.loadUnaligned(fromByteOffset: at, as: word)
            guard same else { return false }
            at += MemoryLayout<Word>.size
        }
        // An empty text has no last word.
        return last < 0
            || bytes.loadUnaligned(fromByteOffset: last, as: word)
                == others.loadUnaligned(fromByteOffset: last, as: word)
    }

    @inlinable
    public func hasPrefix(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return UnsafeRawBufferPointer(rebasing: self[..<text.utf8CodeUnitCount]).equals(text)
    }

    /// Compares ASCII letters regardless of case; `lowercased` must be in lower case.
    public func equalsIgnoringCase(_ lowercased: StaticString) -> Bool {
        guard count == lowercased.utf8CodeUnitCount else { return false }
        for at in 0..<count {
            let byte = self[at]
            let folded = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            if folded != lowercased.utf8Start[at] { return false }
        }
        return true
    }

    /// A window on the same memory; the range must lie within it.
    @inlinable
    public func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }

    /// Its text; invalid UTF-8 is replaced.
    public var text: String { String(decoding: self, as: UTF8.self) }
}
