import Core
import JSON

/// One event with bytes of its own: for services and clients.
public struct Event: Sendable {
    /// Its JSON.
    public let bytes: [UInt8]
    private let envelope: EventEnvelope

    public init(parsing bytes: [UInt8], rules: EventEnvelope.Rules = .strict) throws(EventError) {
        envelope = try bytes.withBytes { bytes throws(EventError) -> EventEnvelope in
            try EventEnvelope.scan(bytes, rules: rules)
        }
        self.bytes = bytes
    }

    /// A copy of an event that stands in other bytes.
    public init(copying other: EventEnvelope, from bytes: UnsafeRawBufferPointer) {
        self.bytes = Array(bytes.slice(other.extent))
        envelope = other.moved(to: 0)
    }

    /// The same event with another `traceparent`; as it is if it would be invalid then, for having too many members.
    /// - Parameter write: appends the value, plain ASCII.
    public func replacingTraceparent(_ write: (inout [UInt8]) -> Void) -> Event {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + 80)
        bytes.withUnsafeBytes { bytes in
            envelope.appendRewritten(from: bytes, dropping: .traceparent, to: &output) { writer in
                writer.rawString("traceparent", writing: write)
            }
        }
        return (try? Event(parsing: output, rules: .lenient)) ?? self
    }

    /// A new event. - Parameters:
    ///   - id: a UUIDv7 by default.
    ///   - data: JSON.
    ///   - extensions: names of a-z and 0-9.
    public init(
        id: String? = nil, source: String, type: String, data: [UInt8]? = nil,
        extensions: [(name: String, value: String)] = []
    ) throws(EventError) {
        var bytes: [UInt8] = []
        bytes.append("{\"specversion\":\"1.0\",\"id\":")
        JSONWriter.appendString(id ?? Self.newID(), to: &bytes)
        bytes.append(",\"source\":")
        JSONWriter.appendString(source, to: &bytes)
        bytes.append(",\"type\":")
        JSONWriter.appendString(type, to: &bytes)
        for item in extensions {
            bytes.append(0x2C)
            JSONWriter.appendString(item.name, to: &bytes)
            bytes.append(0x3A)
            JSONWriter.appendString(item.value, to: &bytes)
        }
        if let data {
            bytes.append(",\"datacontenttype\":\"application/json\",\"data\":")
            bytes.append(contentsOf: data)
        }
        bytes.append(0x7D)
        try self.init(parsing: bytes)
    }

    private static func newID() -> String {
        let now = SystemClock.wallNanoseconds()
        return RandomSource.withShared { UUIDv7(wallNanoseconds: now, random: &$0) }.text
    }

    public var id: String { string(.id) ?? "" }
    public var source: String { string(.source) ?? "" }
    public var type: String { string(.type) ?? "" }
    public var correlationID: String? { string(.correlationid) }
    public var causationID: String? { string(.causationid) }

    public func string(_ member: EventEnvelope.Member) -> String? {
        bytes.withUnsafeBytes { envelope.string(member, in: $0) }
    }

    public func has(_ member: EventEnvelope.Member) -> Bool { envelope.has(member) }

    /// As it stands in the JSON: a string's raw text between its quotes, escapes and all. Nil if it is absent.
    public func withValue<Result>(
        _ member: EventEnvelope.Member, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        bytes.withUnsafeBytes { bytes in envelope.value(member, in: bytes).map(body) }
    }

    /// The event with further hops in its `servertiming`. - Parameter timings: plain ASCII.
    public func append(addingTimings timings: [UInt8], to output: inout [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            if envelope.isNull(.servertiming) {
                return envelope.appendRewritten(from: bytes, dropping: [], to: &output) { writer in
                    writer.rawString("servertiming") { $0.append(contentsOf: timings) }
                }
            }
            timings.withUnsafeBytes { timings in
                ServerTimings.appendEvent(
                    bytes, value: envelope.valueRange(.servertiming), adding: timings, to: &output)
            }
        }
    }

    /// `data` as JSON.
    public var data: [UInt8]? { bytes.withUnsafeBytes { bytes in envelope.value(.data, in: bytes).map { Array($0) } } }

    /// An attribute by name, as text; nil if it is absent or null.
    public func `extension`(_ name: String) -> String? {
        var found: String?
        bytes.withUnsafeBytes { bytes in
            // The bytes were scanned before, so this does not fail.
            try? JSONScanner.forEachMember(bytes) { key, value in
                guard bytes.slice(key).elementsEqual(name.utf8) else { return }
                let text = bytes.slice(value)
                if text.first == 0x22 {
                    found = String(
                        decoding: JSONWriter.unescape(text.slice(1..<text.count - 1)) ?? [], as: UTF8.self)
                } else if text.first != 0x6E {
                    found = text.text
                }
            }
        }
        return found
    }

    /// The answer to this event: `causationid` is its id; session, return address, expiry and trace are its own.
    /// - Parameter data: JSON.
    /// - Throws: if it is none, or nested too deeply, as what wraps the data of a request may be.
    public func answer(
        type: String, source: String, data: [UInt8], contentType: StaticString = "application/json"
    ) throws(EventError) -> Event {
        try Event(
            parsing: RandomSource.withShared {
                answerBytes(type: type, source: source, data: data, contentType: contentType, random: &$0)
            })
    }

    /// - Parameter random: kept by the caller, so that an id costs no system call.
    public func answer(
        type: String, source: String, data: [UInt8], contentType: StaticString = "application/json",
        random: inout RandomSource
    ) throws(EventError) -> Event {
        try Event(
            parsing: answerBytes(type: type, source: source, data: data, contentType: contentType, random: &random))
    }

    private func answerBytes(
        type: String, source: String, data: [UInt8], contentType: StaticString, random: inout RandomSource
    ) -> [UInt8] {
        var output: [UInt8] = []
        // What it inherits is at most all of the request but its data, which an answer often repeats.
        output.reserveCapacity(data.count + bytes.count + 256)
        let now = SystemClock.wallNanoseconds()
        output.append(0x7B)
        var writer = MemberWriter(taking: &output)
        writer.string("specversion", "1.0")
        writer.uuid("id", UUIDv7(wallNanoseconds: now, random: &random))
        writer.string("source", source)
        writer.string("type", type)
        writer.time("time", wallNanoseconds: now)
        bytes.withUnsafeBytes { bytes in
            if let id = envelope.value(.id, in: bytes) { writer.rawString("causationid", id) }
            for (name, member) in Self.inherited {
                if let value = envelope.value(member, in: bytes) { writer.rawString(name, value) }
            }
        }
        writer.string(
            "datacontenttype",
            UnsafeRawBufferPointer(start: contentType.utf8Start, count: contentType.utf8CodeUnitCount))
        data.withUnsafeBytes { writer.raw("data", $0) }
        writer.giveBack(to: &output)
        output.append(0x7D)
        return output
    }

    private static let inherited: [(StaticString, EventEnvelope.Member)] = [
        ("correlationid", .correlationid), ("returnaddress", .returnaddress), ("expirytime", .expirytime),
        ("traceparent", .traceparent), ("tracestate", .tracestate), ("baggage", .baggage),
    ]
}
