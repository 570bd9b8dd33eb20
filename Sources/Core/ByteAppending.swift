/// Appending text and numbers to a byte array without intermediate strings.
extension [UInt8] {
    @inlinable
    public mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inlinable
    public mutating func append(utf8 text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }

    @inlinable
    public mutating func append(bytes: UnsafeRawBufferPointer) {
        append(contentsOf: bytes)
    }

    /// In decimal, zero-padded to at least `width` digits.
    public mutating func append(decimal value: UInt64, width: Int = 1) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        Swift.withUnsafeMutableBytes(of: &digits) { scratch in
            var rest = value
            var at = scratch.count
            repeat {
                at -= 1
                scratch[at] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
                rest /= 10
            } while rest != 0
            while scratch.count - at < Swift.min(width, scratch.count) {
                at -= 1
                scratch[at] = 0x30
            }
            append(contentsOf: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[at...]))
        }
    }

    /// The low `digits` hexadecimal digits, most significant first, in lower case.
    public mutating func append(hex value: UInt64, digits: Int = 16) {
        precondition((0...16).contains(digits))
        let text = (
            Hexadecimal.digits(UInt32(truncatingIfNeeded: value >> 32)).littleEndian,
            Hexadecimal.digits(UInt32(truncatingIfNeeded: value)).littleEndian
        )
        Swift.withUnsafeBytes(of: text) {
            append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[(16 - digits)...]))
        }
    }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, but errors keep their type.
    @inlinable
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { buffer throws(Failure) -> Result in try body(UnsafeRawBufferPointer(buffer)) }
    }
}
