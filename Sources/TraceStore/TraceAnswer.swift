import Core
import JSON

/// What a store knows of an id.
public struct TraceAnswer: Equatable, Sendable {
    /// What the id is.
    public enum Match: String, CaseIterable, Sendable {
        case traceID = "trace_id"
        case eventID = "event_id"
        case correlationID = "correlation_id"
    }

    public var matched: Match
    /// The newest first.
    public var listing: TraceListing
    /// If it is one trace, all of it.
    public var spans: [RecordedSpan] = []
    public var logs: [RecordedLog] = []
    public var eventIDs: [String] = []
    public var correlationIDs: [String] = []
    /// Logs that carry the id, or an event id of the trace, but no trace id.
    public var looseLogs: [RecordedLog] = []

    public init(matched: Match, listing: TraceListing) {
        self.matched = matched
        self.listing = listing
    }

    /// As a receiver answers: JSON that is OTLP's as well, with members of its own besides. Logs without a trace stand among
    /// the others.
    public func append(to bytes: inout [UInt8]) {
        let own: [(String, JSONValue)] =
            [("matched", .string(matched.rawValue))] + listing.members + [
                ("eventids", .array(eventIDs.map { .string($0) })),
                ("correlationids", .array(correlationIDs.map { .string($0) })),
            ]
        JSONValue.object(own).append(to: &bytes)
        bytes.removeLast()
        bytes.append(0x2C)
        OTLPWriter.appendMembers(spans: spans, logs: logs + looseLogs, to: &bytes)
        bytes.append(0x7D)
    }

    /// Nil if it is not what a receiver answers.
    public init?(parsing bytes: [UInt8]) {
        guard let json = Self.ownMembers(bytes), let batch = try? OTLPDecoder.decode(bytes),
            let matched = json["matched"]?.string.flatMap(Match.init), let listing = TraceListing(json)
        else { return nil }
        func texts(_ name: String) -> [String] {
            guard case .array(let elements)? = json[name] else { return [] }
            return elements.compactMap(\.string)
        }
        self.init(matched: matched, listing: listing)
        spans = batch.spans
        logs = batch.logs.filter { $0.traceID != nil }
        looseLogs = batch.logs.filter { $0.traceID == nil }
        eventIDs = texts("eventids")
        correlationIDs = texts("correlationids")
    }

    /// All but those of OTLP, which can be large.
    private static func ownMembers(_ bytes: [UInt8]) -> JSONValue? {
        var members: [(String, JSONValue)] = []
        let isObject: Void? = try? bytes.withBytes { text throws(JSONError) in
            try JSONScanner.forEachMember(text) { key, value in
                let name = text.slice(key).text
                guard !name.hasPrefix("resource") else { return }
                if let value = try? JSONValue.parse(Array(text.slice(value))) { members.append((name, value)) }
            }
        }
        return isObject.map { .object(members) }
    }
}
