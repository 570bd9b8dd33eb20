import Core

/// What a session is called: 1 to 128 bytes of letters, digits, `-._~:`. A UUID, which most are, is kept as its number.
public enum CorrelationID: Hashable, Sendable {
    public static let bytesMax = 128

    case uuid(high: UInt64, low: UInt64)
    case text([UInt8])

    public init(_ uuid: UUIDv7) { self = .uuid(high: uuid.high, low: uuid.low) }

    /// Nil if the bytes are no correlation id. Equal ids have equal bytes.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        if let uuid = Self.uuid(bytes) {
            self = uuid
            return
        }
        guard (1...Self.bytesMax).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { return nil }
        self = .text(Array(bytes))
    }

    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let id = bytes.withUnsafeBytes({ CorrelationID($0) }) else { return nil }
        self = id
    }

    public func append(to output: inout [UInt8]) {
        switch self {
        case .text(let bytes): output.append(contentsOf: bytes)
        case .uuid(let high, let low): UUIDv7(high: high, low: low).append(to: &output)
        }
    }

    public var bytes: [UInt8] {
        var output: [UInt8] = []
        append(to: &output)
        return output
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5F, 0x7E: true
        default: false
        }
    }

    /// Only the form that `append` writes, so that a number stands for one text.
    private static func uuid(_ bytes: UnsafeRawBufferPointer) -> CorrelationID? {
        guard bytes.count == 36, bytes[8] == 0x2D, bytes[13] == 0x2D, bytes[18] == 0x2D, bytes[23] == 0x2D,
            let first = Hexadecimal.word(bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self).littleEndian),
            let second = Hexadecimal.word(eight(bytes, 9, 14)), let third = Hexadecimal.word(eight(bytes, 19, 24)),
            let last = Hexadecimal.word(bytes.loadUnaligned(fromByteOffset: 28, as: UInt64.self).littleEndian)
        else { return nil }
        return .uuid(high: first << 32 | second, low: third << 32 | last)
    }

    /// Four bytes from one offset on, and then four from another.
    private static func eight(_ bytes: UnsafeRawBufferPointer, _ low: Int, _ high: Int) -> UInt64 {
        UInt64(bytes.loadUnaligned(fromByteOffset: low, as: UInt32.self).littleEndian)
            | UInt64(bytes.loadUnaligned(fromByteOffset: high, as: UInt32.self).littleEndian) << 32
    }
}
