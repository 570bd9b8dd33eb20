/// A time-ordered UUID (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits.
public struct UUIDv7: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(wallNanoseconds: UInt64, random: inout RandomSource) {
        let milliseconds = wallNanoseconds / 1_000_000
        high = milliseconds << 16 | 0x7000 | (random.next() & 0x0FFF)
        low = 1 << 63 | random.next() >> 2
    }

    /// One that was read, of whatever version.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Its 36 characters, lower case.
    public func append(to bytes: inout [UInt8]) {
        bytes.append(hex: high >> 32, digits: 8)
        bytes.append(0x2D)
        bytes.append(hex: high >> 16, digits: 4)
        bytes.append(0x2D)
        bytes.append(hex: high, digits: 4)
        bytes.append(0x2D)
        bytes.append(hex: low >> 48, digits: 4)
        bytes.append(0x2D)
        bytes.append(hex: low, digits: 12)
    }

    public var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
