import Core
import JSON

/// Reads OTLP/HTTP JSON of any sender: protobuf's JSON mapping with ids in hexadecimal
/// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
///
/// Strict about JSON and about what a record needs to be placed, lenient about the rest, as the specification asks: unknown
/// members are ignored, and a member of the wrong type counts as not there.
public enum OTLPDecoder {
    /// - Parameter signals: the members that are looked at.
    public static func decode(
        _ bytes: [UInt8], _ signals: Set<OTLPSignal> = Set(OTLPSignal.allCases)
    ) throws(JSONError) -> OTLPBatch {
        try bytes.withBytes { text throws(JSONError) in
            try JSONScanner.validate(text)
            let root = OTLPNode(text)
            guard root.isObject else { throw .notObject }
            var batch = OTLPBatch()
            root.forEachMember { name, value in
                switch name {
                case "resourceSpans" where signals.contains(.traces):
                    value.forEachElement { group($0, "scopeSpans", "spans", &batch, span) }
                case "resourceLogs" where signals.contains(.logs):
                    value.forEachElement { group($0, "scopeLogs", "logRecords", &batch, log) }
                case "resourceMetrics" where signals.contains(.metrics):
                    value.forEachElement { group($0, "scopeMetrics", "metrics", &batch) { _, _, _, _ in } }
                default: break
                }
            }
            return batch
        }
    }

    /// What a resource recorded, scope by scope. Members come in any order: first it is seen who, then what.
    private static func group(
        _ node: OTLPNode, _ scopes: String, _ items: String, _ batch: inout OTLPBatch,
        _ record: (OTLPNode, RecordedResource, _ scope: String, inout OTLPBatch) -> Void
    ) {
        var who = RecordedResource(attributes: [])
        var groups: [OTLPNode] = []
        node.forEachMember { name, value in
            if name == "resource" { who = resource(value) }
            if name == scopes { value.forEachElement { groups.append($0) } }
        }
        for group in groups {
            var scope = ""
            var records: OTLPNode?
            group.forEachMember { name, value in
                if name == "scope" {
                    value.forEachMember { name, value in
                        if name == "name" { scope = value.text(max: RecordingLimits.nameBytesMax) ?? "" }
                    }
                }
                if name == items { records = value }
            }
            records?.forEachElement {
                if items == "metrics" { batch.metricCount += 1 }
                record($0, who, scope, &batch)
            }
        }
    }

    private static func resource(_ node: OTLPNode) -> RecordedResource {
        var found = AttributeList()
        node.forEachMember { name, value in
            if name == "attributes" { found.attributes = attributes(value, &found.dropped) }
            if name == "droppedAttributesCount" { found.add(value) }
        }
        return RecordedResource(attributes: found.attributes, droppedAttributes: found.dropped)
    }

    /// Attributes, and how many are missing by the sender's word and by the limit here.
    struct AttributeList {
        var attributes: [RecordedAttribute] = []
        var dropped: UInt64 = 0

        mutating func add(_ node: OTLPNode) { dropped = dropped.adding(node.unsigned) }
    }
}

extension UInt64 {
    /// Saturates: the number is a sender's.
    func adding(_ other: UInt64?) -> UInt64 {
        let (sum, overflowed) = addingReportingOverflow(other ?? 0)
        return overflowed ? .max : sum
    }
}
