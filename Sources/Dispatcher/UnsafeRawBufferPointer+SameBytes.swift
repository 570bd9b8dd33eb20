import Glibc

extension UnsafeRawBufferPointer {
    /// As `elementsEqual`, many bytes at a time.
    func hasSameBytes(as other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        return other.withUnsafeBytes { other in
            guard let ours = baseAddress, let theirs = other.baseAddress else { return true }
            return memcmp(ours, theirs, count) == 0
        }
    }
}
