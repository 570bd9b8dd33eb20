import Core
import JSON

/// Where the attributes of one event stand in its JSON text. Trivially copyable; it owns nothing, and is of use only with
/// the bytes it was scanned from.
public struct EventEnvelope: Sendable {
    public static let membersMax = 64
    /// Of an event as a client sends it: the tiers add members on its way, and it must stay within `membersMax`.
    public static let clientMembersMax = 48
    /// Of `data` as a client sends it: services wrap it in data of their own, which must stay within what JSON may have.
    public static let clientDepthMax = 32

    /// The members that the gateway knows by name.
    public enum Member: UInt8, CaseIterable, Sendable {
        case specversion, id, source, type, subject, time, datacontenttype, dataschema, data, dataBase64
        case correlationid, causationid, sequence, expirytime, traceparent, tracestate, baggage, returnaddress,
            servertiming

        public var name: String { self == .dataBase64 ? "data_base64" : "\(self)" }

        /// Of a string, between its quotes.
        public var bytesMax: Int {
            switch self {
            case .data, .dataBase64: .max
            case .source, .subject, .dataschema, .servertiming, .returnaddress, .tracestate: 1024
            // What everybody has to pass on (W3C Baggage §3.3.2).
            case .baggage: 8192
            default: 256
            }
        }
    }

    public struct Members: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public init(_ member: Member) { rawValue = 1 << UInt32(member.rawValue) }

        public static let correlationid = Members(.correlationid)
        public static let sequence = Members(.sequence)
        public static let traceparent = Members(.traceparent)
        public static let tracestate = Members(.tracestate)
        public static let baggage = Members(.baggage)
        public static let expirytime = Members(.expirytime)
        public static let returnaddress = Members(.returnaddress)
        public static let servertiming = Members(.servertiming)
    }

    public enum Rules: Sendable {
        /// All that CloudEvents 1.0 requires.
        case strict
        /// `specversion`, `id` and `source` may be missing.
        case lenient
    }

    private struct Place {
        var memberStart: Int32 = -1
        var valueStart: Int32 = -1
        var valueEnd: Int32 = -1
    }

    /// Of the object, braces included.
    public private(set) var extent: Range<Int>
    private var places = InlineArray<19, Place>(repeating: Place())
    private var present = Members()
    /// Null attributes count as absent (CloudEvents JSON format §2.2), but their text is there, and goes when the object is
    /// rewritten: a second member of the name would make it invalid.
    private var nulls = Members()
    /// How many members the object has.
    public private(set) var memberCount: UInt8 = 0

    private init(extent: Range<Int>) { self.extent = extent }

    public func has(_ member: Member) -> Bool { present.contains(Members(member)) }

    /// It is absent, but a member of its name is there.
    public func isNull(_ member: Member) -> Bool { nulls.contains(Members(member)) }

    /// As it stands in the JSON: a string's raw text between its quotes, escapes and all; the whole JSON of `data`.
    public func value(_ member: Member, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard has(member) else { return nil }
        let place = places[Int(member.rawValue)]
        return bytes.slice(Int(place.valueStart)..<Int(place.valueEnd))
    }

    /// Where `value` stands, counted from the beginning of the event.
    public func valueRange(_ member: Member) -> Range<Int>? {
        guard has(member) else { return nil }
        let place = places[Int(member.rawValue)]
        return Int(place.valueStart) - extent.lowerBound..<Int(place.valueEnd) - extent.lowerBound
    }

    /// Its text, with escapes decoded.
    public func string(_ member: Member, in bytes: UnsafeRawBufferPointer) -> String? {
        guard let raw = value(member, in: bytes) else { return nil }
        return raw.contains(0x5C) ? String(decoding: JSONWriter.unescape(raw) ?? [], as: UTF8.self) : raw.text
    }

    /// For the same event at another place: `start` is where its object begins there.
    func moved(to start: Int) -> EventEnvelope {
        var moved = EventEnvelope(extent: start..<start + extent.count)
        moved.present = present
        moved.nulls = nulls
        moved.memberCount = memberCount
        let shift = Int32(truncatingIfNeeded: start - extent.lowerBound)
        for index in places.indices where present.union(nulls).rawValue >> UInt32(index) & 1 == 1 {
            let place = places[index]
            moved.places[index] = Place(
                memberStart: place.memberStart &+ shift, valueStart: place.valueStart &+ shift,
                valueEnd: place.valueEnd &+ shift)
        }
        return moved
    }

    // MARK: Scanning

    /// Checks all of one event, so that nothing invalid can be spliced into a batch.
    /// - Parameter range: where the event stands in `bytes`; white space may surround it. All of them by default.
    public static func scan(
        _ bytes: UnsafeRawBufferPointer, range: Range<Int>? = nil, rules: Rules
    ) throws(EventError) -> EventEnvelope {
        let range = range ?? 0..<bytes.count
        let text = UnsafeRawBufferPointer(rebasing: bytes[..<range.upperBound])
        let envelope = try scanPrefix(text, at: JSONScanner.skipSpace(text, range.lowerBound), rules: rules)
        let rest = JSONScanner.skipSpace(text, envelope.extent.upperBound)
        guard rest == text.count else { throw .notJSON(.trailingBytes(at: rest - range.lowerBound)) }
        return envelope
    }

    /// Throws if it has more members, or deeper `data`, than a client's event may.
    public func checkClient(in bytes: UnsafeRawBufferPointer) throws(EventError) {
        if memberCount > Self.clientMembersMax { throw .tooManyMembers }
        // Most data has fewer brackets than that.
        guard let data = value(.data, in: bytes), data.count(where: { $0 & 0xDF == 0x5B }) > Self.clientDepthMax else {
            return
        }
        do throws(JSONError) {
            try JSONScanner.validate(data, depthMax: Self.clientDepthMax, checkUTF8: false)
        } catch {
            throw .notJSON(error)
        }
    }

    /// As `scan`, for an event that begins exactly at `start` and that anything may follow.
    static func scanPrefix(
        _ bytes: UnsafeRawBufferPointer, at start: Int, rules: Rules
    ) throws(EventError) -> EventEnvelope {
        guard bytes.count <= Int(Int32.max) else { throw .tooManyMembers }
        guard start < bytes.count, bytes[start] == 0x7B else {
            try validateOther(bytes.slice(min(start, bytes.count)..<bytes.count))
            throw .notObject
        }
        var scan = Scan(bytes: bytes, start: start)
        let end = try JSONScanner.walkObject(bytes, at: start, depthMax: JSONScanner.depthMax) {
            key, value throws(EventError) in try scan.member(key, value)
        }
        if !UTF8Validator.isValid(bytes.slice(start..<end)) { throw .notJSON(.invalidUTF8) }
        scan.envelope.extent = start..<end
        scan.envelope.memberCount = UInt8(clamping: scan.members)
        try scan.envelope.checkRequired(rules, bytes)
        return scan.envelope
    }

    /// Tells broken JSON from JSON that is no object.
    private static func validateOther(_ text: UnsafeRawBufferPointer) throws(EventError) {
        do throws(JSONError) { try JSONScanner.validate(text, checkUTF8: false) } catch { throw .notJSON(error) }
    }

    private func checkRequired(_ rules: Rules, _ bytes: UnsafeRawBufferPointer) throws(EventError) {
        guard has(.type) else { throw .missing(.type) }
        if rules == .strict {
            for member in [Member.specversion, .id, .source] where !has(member) { throw .missing(member) }
        }
        if let version = value(.specversion, in: bytes), !version.equals("1.0") { throw .badSpecversion }
        if has(.data), has(.dataBase64) { throw .dataAndDataBase64 }
    }

    /// What is known half-way through an object.
    private struct Scan {
        let bytes: UnsafeRawBufferPointer
        var envelope: EventEnvelope
        var extensions: [Range<Int>] = []
        var members = 0

        init(bytes: UnsafeRawBufferPointer, start: Int) {
            self.bytes = bytes
            envelope = EventEnvelope(extent: start..<start)
        }

        /// Returns where the value ends.
        mutating func member(_ key: Range<Int>, _ value: Int) throws(EventError) -> Int {
            members += 1
            guard members <= EventEnvelope.membersMax else { throw .tooManyMembers }
            let end: Int
            do throws(JSONError) {
                end = try JSONScanner.skipValue(bytes, at: value, depthMax: JSONScanner.depthMax - 1)
            } catch {
                throw .notJSON(error)
            }
            let name = bytes.slice(key)
            guard let member = Member(name: name) else {
                try checkExtension(key, bytes[value])
                return end
            }
            let set = Members(member)
            if envelope.present.union(envelope.nulls).contains(set) { throw .duplicate(member) }
            let isNull = bytes[value] == 0x6E && member != .data
            var start = value
            var stop = end
            if member != .data, !isNull {
                guard bytes[value] == 0x22 else { throw .wrongType(member) }
                start += 1
                stop -= 1
                if stop == start, member != .dataBase64 { throw .empty(member) }
                if stop - start > member.bytesMax { throw .tooLong(member) }
            }
            if isNull { envelope.nulls.insert(set) } else { envelope.present.insert(set) }
            envelope.places[Int(member.rawValue)] = Place(
                memberStart: Int32(truncatingIfNeeded: key.lowerBound - 1),
                valueStart: Int32(truncatingIfNeeded: start),
                valueEnd: Int32(truncatingIfNeeded: stop))
            return end
        }

        private mutating func checkExtension(_ key: Range<Int>, _ first: UInt8) throws(EventError) {
            let name = bytes.slice(key)
            guard (1...64).contains(name.count),
                name.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
            else { throw .badExtensionName }
            guard first != 0x7B, first != 0x5B else { throw .badExtensionValue }
            for earlier in extensions where bytes.slice(earlier).elementsEqual(name) { throw .duplicateExtension }
            extensions.append(key)
        }
    }

    // MARK: Rewriting

    /// The object again, without the `dropped` members and those that are null, and with what `adding` writes in front.
    public func appendRewritten(
        from bytes: UnsafeRawBufferPointer, dropping dropped: Members, to output: inout [UInt8],
        adding: (inout MemberWriter) -> Void
    ) {
        output.append(0x7B)
        var writer = MemberWriter(taking: &output)
        adding(&writer)
        var isFirst = writer.isEmpty
        writer.giveBack(to: &output)
        var at = extent.lowerBound + 1
        while let gap = nextGap(from: at, dropped) {
            Self.append(bytes.slice(at..<gap.lowerBound), to: &output, &isFirst)
            at = gap.upperBound
        }
        Self.append(bytes.slice(at..<extent.upperBound - 1), to: &output, &isFirst)
        output.append(0x7D)
    }

    /// The first dropped member at or behind an offset.
    private func nextGap(from start: Int, _ dropped: Members) -> Range<Int>? {
        var next: Range<Int>?
        var rest = present.intersection(dropped).union(nulls).rawValue
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            let place = places[index]
            let memberStart = Int(place.memberStart)
            guard memberStart >= start, memberStart < next?.lowerBound ?? .max else { continue }
            let isString = index != Int(Member.data.rawValue) && nulls.rawValue >> UInt32(index) & 1 == 0
            let quote = isString ? 1 : 0
            next = memberStart..<Int(place.valueEnd) + quote
        }
        return next
    }

    /// Whole members with their commas between them; those at the ends belong to what was dropped.
    private static func append(_ run: UnsafeRawBufferPointer, to output: inout [UInt8], _ isFirst: inout Bool) {
        var low = 0
        var high = run.count
        while low < high, isSeparator(run[low]) { low += 1 }
        while high > low, isSeparator(run[high - 1]) { high -= 1 }
        guard low < high else { return }
        if !isFirst { output.append(0x2C) }
        isFirst = false
        output.append(bytes: run.slice(low..<high))
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == 0x2C || byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
