import Core

/// The 16 bytes that all spans of a trace share.
public struct TraceID: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Nil unless the text is 32 hexadecimal digits of either case, not all of them zero.
    public init?(_ text: UnsafeRawBufferPointer) {
        guard text.count == 32, let high = Hexadecimal.number(text.slice(0..<16)),
            let low = Hexadecimal.number(text.slice(16..<32)), high | low != 0
        else { return nil }
        self.init(high: high, low: low)
    }

    public init?(_ text: String) {
        guard let id = Array(text.utf8).withUnsafeBytes({ TraceID($0) }) else { return nil }
        self = id
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(hex: high)
        bytes.append(hex: low)
    }

    /// 32 hexadecimal digits, lower case.
    public var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
