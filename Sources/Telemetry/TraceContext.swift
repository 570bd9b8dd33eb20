import Core

/// A span's place in its trace, as it is passed on: the W3C header `traceparent`
/// (https://www.w3.org/TR/trace-context-2/).
public struct TraceContext: Equatable, Sendable {
    /// Bytes of a `traceparent` of version 00.
    public static let traceparentBytes = 55
    /// No span: not valid, not sampled.
    public static let none = TraceContext(traceIDHigh: 0, traceIDLow: 0, spanID: 0, flags: 0)

    public static let sampledFlag: UInt8 = 0x01
    /// The trace id's last 56 bits are random, so that samplers may go by them.
    public static let randomFlag: UInt8 = 0x02

    public let traceIDHigh: UInt64
    public let traceIDLow: UInt64
    public let spanID: UInt64
    public let flags: UInt8

    public init(traceIDHigh: UInt64, traceIDLow: UInt64, spanID: UInt64, flags: UInt8) {
        self.traceIDHigh = traceIDHigh
        self.traceIDLow = traceIDLow
        self.spanID = spanID
        self.flags = flags
    }

    /// Reads a header's value. Nil, as the standard asks, for upper-case digits, version ff, ids of zeros only, and bytes
    /// behind the flags of version 00; later versions may have more behind a dash, and pass on only the flags known here.
    public init?(traceparent text: UnsafeRawBufferPointer) {
        guard text.count >= Self.traceparentBytes, text[2] == Self.dash, text[35] == Self.dash, text[52] == Self.dash,
            let version = Self.number(text, 0..<2), version != 0xFF,
            let high = Self.number(text, 3..<19), let low = Self.number(text, 19..<35),
            let span = Self.number(text, 36..<52), let flags = Self.number(text, 53..<55),
            high | low != 0, span != 0
        else { return nil }
        if text.count > Self.traceparentBytes {
            guard version > 0, text[Self.traceparentBytes] == Self.dash else { return nil }
        }
        self.init(
            traceIDHigh: high, traceIDLow: low, spanID: span,
            flags: UInt8(truncatingIfNeeded: flags) & (Self.sampledFlag | Self.randomFlag))
    }

    public init?(traceparent text: String) {
        var text = text
        guard let context = text.withUTF8({ TraceContext(traceparent: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = context
    }

    public var isValid: Bool { spanID != 0 && traceIDHigh | traceIDLow != 0 }
    public func isSameTrace(as other: TraceContext) -> Bool {
        traceIDHigh == other.traceIDHigh && traceIDLow == other.traceIDLow
    }

    public var isSampled: Bool { flags & Self.sampledFlag != 0 }

    /// The `traceparent` header's value, version 00.
    public func append(to bytes: inout [UInt8]) {
        bytes.append("00-")
        appendTraceID(to: &bytes)
        bytes.append(Self.dash)
        bytes.append(hex: spanID)
        bytes.append(Self.dash)
        bytes.append(hex: UInt64(flags), digits: 2)
    }

    public func appendTraceID(to bytes: inout [UInt8]) {
        bytes.append(hex: traceIDHigh)
        bytes.append(hex: traceIDLow)
    }

    public var traceparent: String { Self.text { append(to: &$0) } }
    /// 32 hexadecimal digits, lower case.
    public var traceIDText: String { Self.text { appendTraceID(to: &$0) } }
    /// 16 hexadecimal digits, lower case.
    public var spanIDText: String { Self.text { $0.append(hex: spanID) } }

    private static let dash: UInt8 = 0x2D

    /// The standard allows lower case only.
    private static func number(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64? {
        Hexadecimal.number(text.slice(range), isLowerCase: true)
    }

    private static func text(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        write(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
