extension UnsafeRawBufferPointer {
    @inlinable
    public func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        guard let bytes = baseAddress else { return true }
        let others = UnsafeRawPointer(text.utf8Start)
        var at = 0
        while count - at >= 8 {
            let same =
                bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                == others.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            guard same else { return false }
            at += 8
        }
        while at < count {
            guard bytes.load(fromByteOffset: at, as: UInt8.self) == others.load(fromByteOffset: at, as: UInt8.self)
            else {
                return false
            }
            at += 1
        }
        return true
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
